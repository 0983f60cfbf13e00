import type { Feed, News } from '@granary/core'
import { isBusy } from './database.js'
import type { Followed } from './news.js'
import type { Session } from './session.js'
import type { Sessions } from './sessions.js'

/** Those who follow one store; see {@link Feed}. */
export interface Feeds {
  /** Begins to tell the listener of what others do to the file: whoever does not use this store. */
  open(listener: (news: News) => void): Feed
}

/** What one follower has seen. */
interface Follower {
  session: Session | undefined
  followed: Followed | undefined
  version: number | undefined
  outages: number
}

/**
 * Nothing here has a timer, or opens the file: news are read when somebody polls, and before the file is open there are
 * none. A session that is opened later is followed from where it stood before its first read.
 */
export function createFeeds(sessions: Sessions): Feeds {
  const open = new Set<Feed>()

  /** What is new in the open file, if it moved. */
  function readNews(follower: Follower, session: Session): News | undefined {
    if (session !== follower.session) {
      follower.session = session
      follower.followed = session.followedFrom
      follower.version = undefined
    }
    // Two who follow one store are others to each other, whom the file does not tell apart.
    const by = open.size > 1 ? 'all' : 'others'
    const version = session.news.version() + (by === 'all' ? sessions.commits() : 0)
    if (version === follower.version) return undefined
    const { news, head } = session.news.since(follower.followed as Followed, by)
    follower.version = version
    follower.followed = head
    return news
  }

  function poll(follower: Follower): News | undefined {
    const isOpen = sessions.opened() !== undefined
    const news = isOpen ? sessions.use('feed', (session) => readNews(follower, session)) : undefined
    const outages = sessions.outages()
    const missed = outages !== follower.outages
    follower.outages = outages
    return missed ? 'gap' : news
  }

  return {
    open(listener) {
      const session = sessions.opened()
      const follower = { session, followed: headOf(session), version: undefined, outages: sessions.outages() }
      const feed: Feed = {
        poll() {
          if (!open.has(feed)) return
          try {
            const news = poll(follower)
            if (news !== undefined && news.length > 0) listener(news)
          } catch (error) {
            // Whoever holds the lock lets go of it: the next poll tells.
            if (!isBusy(error)) throw error
          }
        },
        close() {
          open.delete(feed)
        },
      }
      open.add(feed)
      return feed
    },
  }
}

function headOf(session: Session | undefined): Followed | undefined {
  try {
    return session?.news.head()
  } catch {
    // Old news cost a miss each.
    return session?.followedFrom
  }
}
