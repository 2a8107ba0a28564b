import Model
import StatusPages
import Testing

@Suite("The content of a page")
struct PageContentTests {
  @Test("lists what all its sections show")
  func entries() {
    let definition = PageDefinition(id: "status", path: "/status", title: "Status", sections: [])
    let content = PageContent(
      definition: definition, at: Timestamp(secondsSinceEpoch: 0),
      sections: ["a", "b"].compactMap { CheckID($0) }.map { id in
        PageContent.Section(title: nil, entries: [PageEntry(check: id, name: id.text, state: .up)])
      })
    #expect(content.entries.map(\.check.text) == ["a", "b"])
  }
}
