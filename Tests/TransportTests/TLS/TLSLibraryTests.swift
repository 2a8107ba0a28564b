import Glibc
import Model
import TestSupport
import Testing
import Transport

@Suite("TLS library")
struct TLSLibraryTests {
  @Test("two folders with files of the same name each keep their settings")
  func folders() throws {
    let certificates = try Certificates.shared.get()
    let library = TLSLibrary()
    let options = TLSOptions(caFile: "root.pem")
    var folders: [String] = []
    for name in ["root.pem", "other-root.pem"] {
      let folder = try TestProgram.temporaryFolder()
      try TestProgram.write(try TestProgram.read(certificates.path(name)), to: "\(folder)/root.pem")
      folders.append(folder)
    }
    let first = try folders.map { try library.settings(for: options, folder: $0) }
    let second = try folders.map { try library.settings(for: options, folder: $0) }
    #expect(first[0] === second[0])
    #expect(first[1] === second[1])
    #expect(first[0] !== first[1])
  }

  @Test("options that name no relative file are the same from every folder")
  func shared() throws {
    let certificates = try Certificates.shared.get()
    let library = TLSLibrary()
    let options = TLSOptions(caFile: certificates.path("root.pem"))
    let settings = try ["/tmp", "/"].map { try library.settings(for: options, folder: $0) }
    #expect(settings[0] === settings[1])
  }
}
