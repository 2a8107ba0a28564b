/// How bytes stand for text, as the web reads names of encodings (https://encoding.spec.whatwg.org/).
package struct TextEncoding: Sendable, Hashable {
  /// How the bytes are read.
  enum Form: Sendable, Hashable {
    case utf8
    case utf16(isBigEndian: Bool)
    case windows1252
    /// One byte a character, by the C library's table of that name.
    case singleByte(String)
    /// By the C library's converter of that name (iconv(3)).
    case multiByte(String)
  }

  /// The encoding's name in the standard, in lower case.
  package let name: String
  let form: Form

  private init(_ name: String, _ form: Form) {
    self.name = name
    self.form = form
  }

  /// The encoding of everything that says nothing else.
  package static let utf8 = TextEncoding("utf-8", .utf8)

  /// The encoding that a label names (https://encoding.spec.whatwg.org/#names-and-labels); nil for one that is unknown.
  ///
  /// Labels mean what browsers take them for: `latin1` and `us-ascii` are Windows-1252, `gb2312` is GB 18030.
  package init?(label: String) {
    let trimmed = label.lowercased().split(whereSeparator: \.isWhitespace)
    guard trimmed.count == 1, let known = Self.byLabel[String(trimmed[0])] else { return nil }
    self = known
  }

  /// The encoding that a byte order mark tells; nil without one.
  package static func mark(of bytes: [UInt8]) -> TextEncoding? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return utf8 }
    if bytes.starts(with: [0xFE, 0xFF]) { return TextEncoding("utf-16be", .utf16(isBigEndian: true)) }
    if bytes.starts(with: [0xFF, 0xFE]) { return TextEncoding("utf-16le", .utf16(isBigEndian: false)) }
    return nil
  }

  /// Whether a byte below 0x80 is not always the ASCII character.
  var isUTF16: Bool {
    if case .utf16 = form { true } else { false }
  }

  private static let byLabel: [String: TextEncoding] = {
    var table: [String: TextEncoding] = [:]
    for (name, form, labels) in encodings {
      let encoding = TextEncoding(name, form)
      for label in labels.split(separator: " ") { table[String(label)] = encoding }
    }
    return table
  }()

  private static let encodings: [(String, Form, String)] = [
    ("utf-8", .utf8, "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8"),
    (
      "utf-16le", .utf16(isBigEndian: false),
      "utf-16 utf-16le csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff"
    ),
    ("utf-16be", .utf16(isBigEndian: true), "utf-16be unicodefffe"),
    (
      "windows-1252", .windows1252,
      """
      windows-1252 ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 \
      iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii x-cp1252
      """
    ),
    ("ibm866", .singleByte("IBM866"), "ibm866 866 cp866 csibm866"),
    ("iso-8859-2", .singleByte("ISO-8859-2"), latin("2", "101", "iso_8859-2:1987 l2 latin2 csisolatin2")),
    ("iso-8859-3", .singleByte("ISO-8859-3"), latin("3", "109", "iso_8859-3:1988 l3 latin3 csisolatin3")),
    ("iso-8859-4", .singleByte("ISO-8859-4"), latin("4", "110", "iso_8859-4:1988 l4 latin4 csisolatin4")),
    ("iso-8859-5", .singleByte("ISO-8859-5"), latin("5", "144", "iso_8859-5:1988 cyrillic csisolatincyrillic")),
    (
      "iso-8859-6", .singleByte("ISO-8859-6"),
      latin(
        "6", "127",
        """
        iso_8859-6:1987 arabic asmo-708 csisolatinarabic csiso88596e csiso88596i ecma-114 iso-8859-6-e iso-8859-6-i
        """)
    ),
    (
      "iso-8859-7", .singleByte("ISO-8859-7"),
      latin("7", "126", "iso_8859-7:1987 greek greek8 csisolatingreek ecma-118 elot_928 sun_eu_greek")
    ),
    (
      "iso-8859-8", .singleByte("ISO-8859-8"),
      latin(
        "8", "138",
        """
        iso_8859-8:1988 hebrew visual csisolatinhebrew csiso88598e csiso88598i iso-8859-8-e iso-8859-8-i logical
        """)
    ),
    ("iso-8859-10", .singleByte("ISO-8859-10"), latin("10", "157", "l6 latin6 csisolatin6")),
    ("iso-8859-13", .singleByte("ISO-8859-13"), "iso-8859-13 iso8859-13 iso885913"),
    ("iso-8859-14", .singleByte("ISO-8859-14"), "iso-8859-14 iso8859-14 iso885914"),
    (
      "iso-8859-15", .singleByte("ISO-8859-15"),
      "iso-8859-15 iso8859-15 iso885915 iso_8859-15 csisolatin9 l9 latin9"
    ),
    ("iso-8859-16", .singleByte("ISO-8859-16"), "iso-8859-16"),
    ("koi8-r", .singleByte("KOI8-R"), "koi8-r koi8_r koi8 koi cskoi8r"),
    ("koi8-u", .singleByte("KOI8-U"), "koi8-u koi8-ru"),
    ("macintosh", .singleByte("MACINTOSH"), "macintosh mac x-mac-roman csmacintosh"),
    (
      "windows-874", .singleByte("WINDOWS-874"),
      "windows-874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620"
    ),
    ("windows-1250", .singleByte("CP1250"), "windows-1250 cp1250 x-cp1250"),
    ("windows-1251", .singleByte("CP1251"), "windows-1251 cp1251 x-cp1251"),
    ("windows-1253", .singleByte("CP1253"), "windows-1253 cp1253 x-cp1253"),
    (
      "windows-1254", .singleByte("CP1254"),
      latin("9", "148", "iso_8859-9:1989 l5 latin5 csisolatin5 windows-1254 cp1254 x-cp1254")
    ),
    ("windows-1255", .singleByte("CP1255"), "windows-1255 cp1255 x-cp1255"),
    ("windows-1256", .singleByte("CP1256"), "windows-1256 cp1256 x-cp1256"),
    ("windows-1257", .singleByte("CP1257"), "windows-1257 cp1257 x-cp1257"),
    ("windows-1258", .singleByte("CP1258"), "windows-1258 cp1258 x-cp1258"),
    ("x-mac-cyrillic", .singleByte("MAC-CYRILLIC"), "x-mac-cyrillic x-mac-ukrainian"),
    (
      "gb18030", .multiByte("GB18030"),
      "gb18030 gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 csiso58gb231280 iso-ir-58 x-gbk"
    ),
    ("big5", .multiByte("BIG5-HKSCS"), "big5 big5-hkscs cn-big5 csbig5 x-x-big5"),
    ("euc-jp", .multiByte("EUC-JP-MS"), "euc-jp x-euc-jp cseucpkdfmtjapanese"),
    ("iso-2022-jp", .multiByte("ISO-2022-JP"), "iso-2022-jp csiso2022jp"),
    (
      "shift_jis", .multiByte("CP932"),
      "shift_jis shift-jis sjis x-sjis csshiftjis ms932 ms_kanji windows-31j"
    ),
    (
      "euc-kr", .multiByte("UHC"),
      """
      euc-kr cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949
      """
    ),
  ]

  /// The labels that all parts of ISO 8859 have, and further ones.
  private static func latin(_ part: String, _ registration: String, _ others: String) -> String {
    "iso-8859-\(part) iso8859-\(part) iso8859\(part) iso_8859-\(part) iso-ir-\(registration) \(others)"
  }
}
