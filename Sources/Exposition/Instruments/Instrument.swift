/// One labelled thing that is counted or measured: the child of a `Family`.
///
/// Whoever writes to it resolves it once and keeps it; from then on a write is one or two atomic operations (or one
/// uncontended lock) without a look-up. An instrument whose series was removed may still be written to; nobody reads it.
package protocol Instrument: AnyObject, Sendable {
  /// The labels that tell this one from its siblings.
  var labels: Labels { get }
  /// Writes the present samples, if there are any.
  func write(to writer: inout SampleWriter)
}
