/// Text about something that other series of the same labels can be joined with; its value is always 1.
package final class Info: Instrument {
  /// What tells this text from the others of its family.
  package let labels: Labels

  init(labels: Labels) {
    self.labels = labels
  }

  /// Writes one sample.
  package func write(to writer: inout SampleWriter) {
    writer.sample(labels, value: 1)
  }
}
