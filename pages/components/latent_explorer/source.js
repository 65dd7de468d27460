// Pictures from the server. While one answer is on its way, only the newest question waits: a slider never builds up a queue.

function makeSource(address) {
  let busy = false, waiting = null
  async function ask(query, use) {
    if (busy) { waiting = [query, use]; return }
    busy = true
    try {
      use(await fetchSheet(address(query)))
    } catch (error) {
      use(null, error)
    } finally {
      busy = false
      const next = waiting
      waiting = null
      if (next) ask(...next)
    }
  }
  return ask
}

// What a mode looks at: asked for where it is another question than the last one, else only drawn again. arrived(sheet, query) takes it.
function makeLook(explorer, what, arrived, draw) {
  const ask = makeSource((query) => explorer.address(what, query))
  let shown = null
  return (query) => {
    const key = explorer.address(what, query)
    if (key === shown) return draw()
    ask(query, (found, error) => {
      if (explorer.failed(error)) return
      shown = key
      arrived(found, query)
      draw()
    })
  }
}

// A sheet { image, scores, columns, width, height, gap }; the server's own sentence where it cannot answer.
async function fetchSheet(url) {
  const answer = await fetch(url)
  if (!answer.ok) throw await problemOf(answer)
  const told = JSON.parse(answer.headers.get("x-walk"))
  return { ...told, image: await createImageBitmap(await answer.blob()) }
}

async function fetchJSON(url) {
  const answer = await fetch(url)
  if (!answer.ok) throw await problemOf(answer)
  return answer.json()
}

async function problemOf(answer) {
  const sentence = await answer.json().then((told) => told.error, () => null)
  return Object.assign(new Error(sentence ?? `The server answered ${answer.status}.`), { status: answer.status })
}
