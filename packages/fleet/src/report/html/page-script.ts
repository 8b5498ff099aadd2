/**
 * What runs in the page: draws each chart of the JSON beside it with uPlot. It is text, because it runs in a browser and nothing
 * compiles it; what could be computed was computed before.
 */
export const PAGE_SCRIPT = `
(() => {
  const charts = JSON.parse(document.getElementById('charts').textContent)
  const marks = JSON.parse(document.getElementById('marks').textContent)
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const COLOURS = ['#3b82f6', '#f59e0b', '#ef4444', '#8b5cf6', '#10b981', '#ec4899', '#14b8a6', '#a16207', '#64748b', '#84cc16',
    '#d946ef', '#0ea5e9', '#f97316']
  const HEIGHT = 230
  const figure = value => value == null ? '–' : Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en')
    : String(Math.round(value * 100) / 100)
  const clock = seconds => seconds < 120 ? figure(seconds) + ' s'
    : Math.floor(seconds / 60) + ':' + String(Math.floor(seconds % 60)).padStart(2, '0')
  const percent = x => figure(100 * (1 - Math.pow(10, -x))).replace(/^100$/, '99.999') + ' %'
  const SHARES = [0, 50, 90, 99, 99.9, 99.99, 99.999]
  const place = share => -Math.log10(1 - share / 100)

  const drawMarks = plot => {
    const { ctx, bbox } = plot
    ctx.save()
    ctx.strokeStyle = css('--soft')
    ctx.fillStyle = css('--soft')
    ctx.font = 11 * devicePixelRatio + 'px system-ui, sans-serif'
    ctx.setLineDash([4, 4])
    ctx.textAlign = 'left'
    ctx.textBaseline = 'alphabetic'
    for (const { at, label } of marks) {
      const x = Math.round(plot.valToPos(at, 'x', true))
      if (x < bbox.left || x > bbox.left + bbox.width) continue
      ctx.beginPath()
      ctx.moveTo(x, bbox.top)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
      ctx.fillText(label, x + 4, bbox.top + 12 * devicePixelRatio)
    }
    ctx.restore()
  }

  for (const { id, chart } of charts) {
    const isStack = chart.kind === 'stack', isDistribution = chart.kind === 'distribution'
    const unit = chart.unit === '' ? '' : ' ' + chart.unit
    // The sum of all comes first and is painted over by the smaller sums.
    const raw = isStack ? chart.series.slice().reverse() : chart.series
    const sums = raw.map((_, first) => chart.x.map((_, i) => raw.slice(first).reduce((sum, { values }) => sum + (values[i] ?? 0), 0)))
    const colourOf = i => COLOURS[(raw[i].colour ?? (isStack ? raw.length - 1 - i : i)) % COLOURS.length]
    const axis = { stroke: css('--soft'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line') }, font: '12px system-ui, sans-serif' }
    const box = document.getElementById(id)
    const options = {
      width: box.clientWidth,
      height: HEIGHT,
      cursor: isDistribution ? {} : { sync: { key: 'time' } },
      scales: {
        x: { time: false },
        y: chart.log ? { distr: 3 } : { range: (_, low, high) => [0, Math.max(high * 1.06, 1e-9)] },
      },
      series: [
        { label: isDistribution ? 'share' : 'time', value: (_, x) => x == null ? '–' : isDistribution ? percent(x) : clock(x) },
        ...raw.map(({ label, values }, i) => ({
          label,
          stroke: colourOf(i),
          width: isStack ? 0 : 1.75,
          points: { show: chart.x.length < 30 && !isStack, size: 4 },
          ...(isStack ? { fill: colourOf(i) } : {}),
          value: (_, __, ___, at) => at == null || values[at] == null ? '–' : figure(values[at]) + unit,
        })),
      ],
      axes: [
        { ...axis, ...(isDistribution
          ? { splits: () => SHARES.map(place), filter: (_, splits) => splits, values: (_, all) => all.map(percent) }
          : { values: (_, all) => all.map(clock) }) },
        { ...axis, size: 76, values: (_, all) => all.map(value => value == null ? '' : figure(value) + unit) },
      ],
      hooks: isDistribution || marks.length < 2 ? {} : { draw: [drawMarks] },
    }
    const plot = new uPlot(options, [chart.x, ...(isStack ? sums : raw.map(({ values }) => values))], box)
    new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box)
  }
})()
`
