/// Pages as JSON, for people who build their own.
package enum PageJSON {
  /// What `OverviewPage` shows.
  package static func overview(_ content: PageContent) -> [UInt8] { [] }

  /// What `CheckPage` shows.
  package static func check(_ content: CheckPageContent) -> [UInt8] { [] }

  /// What `MonthPage` shows.
  package static func month(_ content: MonthPageContent) -> [UInt8] { [] }
}
