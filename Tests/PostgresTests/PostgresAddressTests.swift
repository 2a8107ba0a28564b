import Postgres
import TestSupport
import Testing

@Suite("The address of a database")
struct PostgresAddressTests {
  @Test(
    "is said without its password, however it was written",
    arguments: [
      ("postgres://ada:s3cret@db.example:5433/history?sslmode=require", "postgres://ada@db.example:5433/history"),
      ("postgresql://ada:s3cret@[::1]/history", "postgres://ada@[::1]/history"),
      ("postgres://db.example/history?password=s3cret&user=ada", "postgres://ada@db.example/history"),
      ("host=db.example user=ada password='s3cret' dbname=history", "postgres://ada@db.example/history"),
      ("postgres://ada:s3cret@one,two:5433/history", "postgres://ada@one,two:5433/history"),
      ("host=/run/postgresql dbname=history sslpassword=s3cret", "postgres:///run/postgresql/history"),
      ("postgres:///history", "postgres:///history"),
    ])
  func description(text: String, said: String) throws {
    let address = try PostgresAddress(text)
    #expect("\(address)" == said)
    var dumped = ""
    dump(address, to: &dumped)
    #expect(!dumped.contains("s3cret") && !String(reflecting: address).contains("s3cret"))
  }

  @Test(
    "that cannot be one is refused in words that do not repeat it",
    arguments: [
      "postgres://ada:s3cret%zz@db/history", "postgres://ada:x/s3cret@db/history", "postgres://ada:x@s3cret@db/history",
      "postgres://ada:s3cret/x@db/history", "password=s3cret nonsense", "postgres://db/history?password=s3cret&what=1",
      "postgres://db:s3cret/history", "password=s3cret\0",
    ])
  func refused(text: String) {
    let fault = #expect(throws: PostgresFault.self) { try PostgresAddress(text) }
    #expect(fault?.kind == .address)
    #expect(fault?.description.contains("s3cret") == false)
    #expect(fault?.description.contains("write postgres://user:password@host:port/database") == true)
  }

  @Test("of a server that refuses is told with what to do, and without the password")
  func wrongPassword() async throws {
    let url = try await PostgresServer.database()
    let server = try await PostgresServer.shared()
    for (text, words) in [
      ("postgres://\(PostgresServer.user):s3cret@127.0.0.1:\(server.port)/postgres", "check user, password"),
      ("postgres://nobody:s3cret@127.0.0.1:\(server.port)/postgres", "check user, password"),
      ("\(url)_s3cret?password=s3cret", "check user, password"),
      ("\(url)_missing", "create it there, or name another one"),
    ] {
      let pool = PostgresPool(try PostgresAddress(text))
      let fault = await #expect(throws: PostgresFault.self) { try await pool.read { try $0.run("SELECT 1") } }
      let said = try #require(fault).description
      #expect(said.contains(words), "\(said)")
      #expect(!said.contains(PostgresServer.password))
      if !text.contains("_s3cret") { #expect(!said.contains("s3cret"), "\(said)") }
      await pool.close()
    }
  }
}
