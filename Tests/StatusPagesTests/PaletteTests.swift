import StatusPages
import Testing

@Suite("Colours")
struct PaletteTests {
  private static let schemes = [("light", Palette.light), ("dark", Palette.dark)]
  private static let words: [Palette.Role] = [.ink, .soft, .up, .degraded, .down, .unknown, .maintenance]
  private static let shapes: [Palette.Role] = [.barUp, .barDegraded, .barDown, .barMaintenance, .barNone]
  private static let washes: [(wash: Palette.Role, words: Palette.Role)] = [
    (.upWash, .up), (.degradedWash, .degraded), (.downWash, .down), (.unknownWash, .unknown),
    (.maintenanceWash, .maintenance),
  ]

  @Test("of words are legible on everything that they stand on (WCAG 1.4.3)", arguments: schemes)
  func words(scheme: String, palette: Palette) {
    for ground in [Palette.Role.paper, .card, .wash] {
      for word in Self.words {
        #expect(palette[word].contrast(with: palette[ground]) >= 4.5, "\(scheme): \(word) on \(ground)")
      }
    }
    for (wash, words) in Self.washes {
      for word in [Palette.Role.ink, .soft, words] {
        #expect(palette[word].contrast(with: palette[wash]) >= 4.5, "\(scheme): \(word) on \(wash)")
      }
    }
    #expect(palette[.paper].contrast(with: palette[.ink]) >= 7, "\(scheme): what appears over a bar")
  }

  @Test("of bars and lines stand out from what is behind them (WCAG 1.4.11)", arguments: schemes)
  func shapes(scheme: String, palette: Palette) {
    for shape in Self.shapes {
      for ground in [Palette.Role.paper, .card] {
        #expect(palette[shape].contrast(with: palette[ground]) >= 3, "\(scheme): \(shape) on \(ground)")
      }
    }
  }

  @Test(
    "that a definition asks for are made legible and are left alone where they are",
    arguments: ["#0a7d5a", "#ffee00", "#000000", "#ffffff", "#ff0000", "#7f7f7f", "#00ffff", "#101010"])
  func accents(hex: String) throws {
    let accent = try #require(Colour(hex))
    for palette in [Palette.light, .dark] {
      let legible = accent.legible(on: palette.backgrounds)
      for background in palette.backgrounds { #expect(legible.contrast(with: background) >= 4.5) }
      if palette.backgrounds.allSatisfy({ accent.contrast(with: $0) >= 4.5 }) { #expect(legible == accent) }
    }
  }

  @Test("are read from six digits alone", arguments: ["", "red", "#fff", "#12345g", "#+12345", "123456", "#1234567"])
  func unreadable(text: String) {
    #expect(Colour(text) == nil)
  }

  @Test("have the contrast that WCAG says")
  func known() throws {
    let (black, white) = (try #require(Colour("#000000")), try #require(Colour("#ffffff")))
    #expect(black.contrast(with: white) == 21)
    let grey = try #require(Colour("#767676"))
    // The lightest grey that passes on white, as every table of it says: 4.54.
    #expect(abs(grey.contrast(with: white) - 4.542) < 0.001)
    #expect(grey.hex == "#767676")
  }

  @Test("of badges carry white words", arguments: Badge.Tone.allCases)
  func badges(tone: Badge.Tone) throws {
    let colour = try #require(Colour(tone.colour))
    #expect(colour.contrast(with: try #require(Colour("#ffffff"))) >= 4.5)
  }
}
