// One run, live. Asks api/runs/<id>/metrics for the lines it does not have, once a second while the run is alive and the tab is visible.
const EVERY = 1000, ALIVE = ['new', 'queued', 'starting', 'training', 'paused', 'stopping']
const instances = new WeakMap()

const WORDS = {
  queued: 'In the queue', starting: 'Starting', training: 'Training', paused: 'Paused', stopping: 'Stopping', stopped: 'Stopped',
  finished: 'Finished', failed: 'Failed', interrupted: 'Interrupted', new: 'Not started',
}
const WAITING = {
  queued: 'Another run trains now. This one begins by itself when that one ends.',
  starting: 'The training process is loading its libraries and the images. The first curve comes in a few seconds.',
  failed: 'The run failed before its first step.', stopped: 'The run was stopped before its first step.',
  interrupted: 'The run ended before its first step.', new: 'This run has not been started.',
}

export default function ({ data, parentElement, setStateValue }) {
  let me = instances.get(parentElement)
  if (me && me.data.run !== data.run) { me.stop(); me = null }
  if (!me) instances.set(parentElement, (me = start(parentElement, data)))
  me.setState = setStateValue
  me.update(data)
  return () => { me.stop(); instances.delete(parentElement) }
}

function start(root, first) {
  const find = name => root.querySelector(name)
  const me = { data: first, rows: [], dead: false, timer: 0, shown: null }
  const tools = { smoothing: find('.smoothing'), log: find('.log'), reset: find('.reset'), output: find('.tools output') }
  tools.smoothing.value = first.smoothing
  tools.log.checked = first.log
  const charts = makeCharts(root, me, tools, () => me.setState('settings', { smoothing: +tools.smoothing.value, log: tools.log.checked }))

  me.stop = () => {
    me.dead = true
    clearTimeout(me.timer)
    document.removeEventListener('visibilitychange', wake)
    charts.stop()
  }
  me.update = data => {
    me.data = data
    find('.body').classList.toggle('pictured', data.samples)
    find('.samples').hidden = !data.samples
    charts.look()
    wake()
  }
  const wake = () => { if (document.visibilityState === 'visible') { clearTimeout(me.timer); tick() } }
  document.addEventListener('visibilitychange', wake)

  async function tick() {
    if (me.dead || me.busy) return
    me.busy = true
    let alive = true
    try {
      if (document.visibilityState === 'visible') alive = await ask()
    } catch (error) {
      find('.phase').textContent = 'The server does not answer'
      find('.facts').textContent = 'What trains goes on without it.'
    } finally { me.busy = false }
    clearTimeout(me.timer)
    if (alive && !me.dead) me.timer = setTimeout(tick, EVERY)
  }

  async function ask() {
    const answer = await fetch(`api/runs/${encodeURIComponent(me.data.run)}/metrics?since=${me.rows.length}`)
    if (!answer.ok) throw new Error(await answer.text())
    const { n, rows, status, snapshots } = await answer.json()
    if (me.dead) return false
    const rewound = n < me.rows.length || (rows.length && me.rows.length && rows[0].step <= me.rows.at(-1).step)
    if (rewound) { me.rows = []; return true } // resumed from an earlier step: ask for everything at the next tick
    me.rows.push(...rows)
    tell(status)
    if (me.data.samples) picture(snapshots)
    await charts.draw(rows.length > 0)
    return ALIVE.includes(status.phase) && !me.dead
  }

  function tell(status) {
    const percent = Math.round(100 * (status.progress ?? 0))
    find('.phase').textContent = WORDS[status.phase] ?? status.phase
    find('.facts').textContent = [
      status.step ? `step ${status.step}${status.total_steps ? ` of ${status.total_steps}` : ''}` : '',
      status.epoch ? `epoch ${status.epoch.toFixed(2)}` : '',
      status.images_per_second ? `${Math.round(status.images_per_second)} images/s` : '',
      status.elapsed ? `${duration(status.elapsed)} trained` : '',
      status.seconds_left != null ? `${duration(status.seconds_left)} left` : '',
    ].filter(Boolean).join(' · ')
    find('.bar i').style.width = `${percent}%`
    find('.bar').setAttribute('aria-valuenow', percent)
    find('.error').textContent = status.error ?? ''
    find('.error').hidden = !status.error
    const waiting = find('.waiting')
    waiting.hidden = me.rows.length > 0
    waiting.textContent = WAITING[status.phase] ?? 'The first curve comes in a few seconds.'
    find('.tools').style.display = me.rows.length ? '' : 'none'
  }

  async function picture(snapshots) {
    const newest = snapshots.at(-1)
    if (!newest || newest[0] === me.shown) return
    const [step, epoch] = newest, image = new Image()
    me.shown = step
    image.src = `api/runs/${encodeURIComponent(me.data.run)}/samples/${step}.png?v=${me.data.stamp}`
    await image.decode() // so that the old picture stays until the new one can be drawn
    if (me.dead) return
    const shown = find('.samples img')
    shown.src = image.src
    shown.hidden = false
    shown.alt = `Samples of ${me.data.title} for the fixed noise at step ${step}`
    shown.dataset.step = step
    const when = step === 0 ? 'untrained' : `epoch ${epoch.toFixed(epoch < 10 ? 2 : 1)}, step ${step}`
    find('.samples figcaption').textContent = `The same 64 latents in every snapshot · ${when}`
  }

  tick()
  return me
}
