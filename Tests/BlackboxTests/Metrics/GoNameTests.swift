import Blackbox
import Model
import Testing

@Suite("Names in Go's words")
struct GoNameTests {
  struct Name: Sendable, CustomTestStringConvertible {
    var parts: [(String, String)]
    var text: String
    var testDescription: String { text }
  }

  private static let c = "2.5.4.6"
  private static let o = "2.5.4.10"
  private static let ou = "2.5.4.11"
  private static let cn = "2.5.4.3"

  // By the rules of pkix.Name.String, Name.ToRDNSequence and RDNSequence.String of Go's crypto/x509/pkix.
  static let names: [Name] = [
    Name(parts: [], text: ""),
    Name(parts: [(cn, "a.example"), (o, "Acme"), (c, "DE")], text: "CN=a.example,O=Acme,C=DE"),
    Name(
      parts: [(c, "DE"), (o, "Example Org"), (ou, "A, B"), (cn, "Example")],
      text: #"CN=Example,OU=A\, B,O=Example Org,C=DE"#),
    // All that have a name, in whatever order they stand.
    Name(
      parts: [
        ("2.5.4.17", "24103"), ("2.5.4.5", "7"), ("2.5.4.9", "Way 1"), ("2.5.4.8", "SH"), ("2.5.4.7", "Kiel"),
        (cn, "x"),
        (ou, "Ops"), (o, "Acme"), (c, "DE"),
      ], text: "SERIALNUMBER=7,CN=x,OU=Ops,O=Acme,POSTALCODE=24103,STREET=Way 1,L=Kiel,ST=SH,C=DE"),
    // Several of one are joined, but for those that Go keeps one of.
    Name(
      parts: [(ou, "1"), (cn, "first"), (o, "Acme"), (ou, "2"), (cn, "last"), ("2.5.4.5", "1"), ("2.5.4.5", "2")],
      text: "SERIALNUMBER=2,CN=last,OU=1+OU=2,O=Acme"),
    Name(parts: [(o, "Acme"), (cn, "x"), (cn, "")], text: "O=Acme"),
    Name(parts: [(o, "")], text: "O="),
    // Others stand at the end, as DER, backwards.
    Name(
      parts: [("1.2.840.113549.1.9.1", "a@b.example"), (cn, "x"), ("0.9.2342.19200300.100.1.25", "example")],
      text: "CN=x,0.9.2342.19200300.100.1.25=#13076578616d706c65,1.2.840.113549.1.9.1=#0c0b6140622e6578616d706c65"),
    Name(
      parts: [("2.5.4.12", "*"), ("2.5.4.12", "&"), ("2.5.4.12", "")],
      text: "2.5.4.12=#1300,2.5.4.12=#0c0126,2.5.4.12=#0c012a"),
    Name(parts: [("2.5.4.12", "ü")], text: "2.5.4.12=#0c02c3bc"),
    Name(
      parts: [("2.5.4.13", String(repeating: "a", count: 200))],
      text: "2.5.4.13=#1381c8" + String(repeating: "61", count: 200)),
    Name(
      parts: [("2.5.4.13", String(repeating: "a", count: 300))],
      text: "2.5.4.13=#1382012c" + String(repeating: "61", count: 300)),
    // As blackbox_exporter 0.23 showed a certificate with all of that.
    Name(
      parts: [
        ("1.2.840.113549.1.9.1", "ops@odd.example"), ("0.9.2342.19200300.100.1.25", "example"), (c, "DE"),
        (o, "Acme, Inc"),
        (o, "#second"), (ou, "A;B+C"), (cn, "first"), (cn, " Grün <x> "), ("2.5.4.5", "7"), ("2.5.4.12", "*"),
        ("2.5.4.8", "Nord"), ("2.5.4.7", "Kiel"), ("2.5.4.9", "Way 1"), ("2.5.4.17", "24103"),
      ],
      text: #"SERIALNUMBER=7,CN=\ Grün \<x\>\ ,OU=A\;B\+C,O=Acme\, Inc+O=\"# + "#second,POSTALCODE=24103,STREET=Way 1,"
        + "L=Kiel,ST=Nord,C=DE,2.5.4.12=#0c012a,0.9.2342.19200300.100.1.25=#13076578616d706c65,"
        + "1.2.840.113549.1.9.1=#0c0f6f7073406f64642e6578616d706c65"),
    // What is escaped, and where.
    Name(parts: [(cn, #",+"\<>;=/"#)], text: #"CN=\,\+\"\\\<\>\;=/"#),
    Name(parts: [(cn, "#a#")], text: ##"CN=\#a#"##),
    Name(parts: [(cn, "  a b  ")], text: #"CN=\  a b \ "#),
    Name(parts: [(cn, " ")], text: #"CN=\ "#),
    Name(parts: [(cn, "ü ")], text: #"CN=ü\ "#),
    Name(parts: [(cn, "a\nb")], text: "CN=a\nb"),
  ]

  @Test("are put in order, joined and escaped as it does", arguments: names)
  func text(_ name: Name) {
    #expect(GoName.text(of: name.parts.map { NamePart(type: $0.0, value: $0.1) }) == name.text)
  }
}
