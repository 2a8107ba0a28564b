import Model
import Testing

@Suite("gRPC metadata")
struct GRPCMetadataTests {
  @Test("is what gRPC can carry", arguments: ["x-key", "authorization", "a.b_c-1", "user-agent", "blob-bin"])
  func keys(key: String) {
    #expect(GRPCMetadata.fault(inKey: key) == nil)
  }

  @Test(
    "is refused where it is not",
    arguments: ["", "X", "x y", ":path", "ü", "te", "content-type", "grpc-encoding", "host"])
  func refusedKeys(key: String) {
    #expect(GRPCMetadata.fault(inKey: key) != nil)
  }

  @Test("has values of printable ASCII, and base64 under a key of bytes")
  func values() {
    #expect(GRPCMetadata.fault(inValue: "a b~", of: "x") == nil)
    for wrong in ["ü", "a\nb", "\u{7f}"] { #expect(GRPCMetadata.fault(inValue: wrong, of: "x") != nil) }
    for good in ["", "AP8=", "AP8", "AAAA", "AA==", "+/8="] {
      #expect(GRPCMetadata.fault(inValue: good, of: "x-bin") == nil, "\(good)")
    }
    for wrong in ["A", "AP8==\u{3d}", "AP 8", "-_8="] {
      #expect(GRPCMetadata.fault(inValue: wrong, of: "x-bin") != nil, "\(wrong)")
    }
  }

  @Test("and statuses have names")
  func statuses() {
    #expect(GRPCStatus.text(14) == "14 UNAVAILABLE")
    #expect(GRPCStatus.text(99) == "99")
  }
}
