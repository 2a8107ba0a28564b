/// The names of record types that the Go library of upstream knows and ours does not, by their numbers
/// (https://www.iana.org/assignments/dns-parameters).
enum GoRecordType {
  private static let numbers: [String: Int] = [
    "NINFO": 56, "RKEY": 57, "UINFO": 100, "UID": 101, "GID": 102, "UNSPEC": 103, "NXNAME": 128, "AVC": 258,
    "AMTRELAY": 260, "RESINFO": 261, "TA": 32_768, "Reserved": 65_535, "None": 0,
  ]

  /// The type in words that the prober knows.
  static func mnemonic(_ name: String) -> String {
    numbers[name].map { "TYPE\($0)" } ?? name
  }
}
