// The maps of one source, as Streamlit hands them over.
const instances = new WeakMap()

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let scatter = instances.get(parentElement)
  if (!scatter) instances.set(parentElement, scatter = new Scatter(parentElement))
  scatter.update(data, setStateValue, setTriggerValue)
  return () => { scatter.stop(); instances.delete(parentElement) }
}
