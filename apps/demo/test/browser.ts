import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'

/** The Chromium that `npm test` found or installed, or Debian's; `undefined` where there is none. */
export const CHROMIUM: string | undefined = [process.env.GRANARY_CHROMIUM, '/usr/bin/chromium'].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
)

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Shown {
  readonly page: Page
  /** What the page said on its console, threw, or asked in a dialog. */
  readonly complaints: readonly string[]
  /** What it asked for, besides itself. */
  readonly requests: readonly string[]
}

/** Shows a file in a browser of its own that knows nothing of any other. */
export async function show(
  file: string,
  look: (shown: Shown) => Promise<void>,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-chromium-'))
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM as string,
    headless: true,
    args: FLAGS,
    colorScheme,
    viewport: { width: 1160, height: 900 },
  })
  try {
    const page = await context.newPage()
    const complaints: string[] = []
    const requests: string[] = []
    const url = pathToFileURL(file).href
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message())
      void dialog.dismiss()
    })
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url())
    })
    await page.goto(url)
    await look({ page, complaints, requests })
  } finally {
    await context.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
