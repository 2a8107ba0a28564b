import Documents
import Expressions
import Model

/// Reads the rows of `each`.
struct RowsDecoder {
  /// Rows, and what they say of their variables.
  struct Rows {
    /// One a run.
    var rows: [JourneyRow]
    /// Types by variable.
    var types: [String: ValueType]
  }

  /// More than anybody runs one after the other; a bound on what one check takes.
  static let limit = 10_000

  /// Values by name, where they are written.
  struct Row {
    var values: Fields<YAMLNode>
    var node: YAMLNode
  }

  let reader: Reader
  let log: FileLog

  /// The rows as they are written, none of them being a fault.
  func read(_ source: RowSource) -> [Row] {
    switch source {
    case .rows(let nodes, let list):
      if nodes.isEmpty { reader.fault("'rows' has no row", at: list) }
      guard nodes.count <= Self.limit else {
        reader.fault("\(nodes.count) rows are too many: at most \(Self.limit)", at: list)
        return []
      }
      return nodes.compactMap { node in
        Form.variables.read(node, reader).map { Row(values: $0, node: node) }
      }
    case .file(let path, let node): return read(file: path, at: node)
    }
  }

  private func read(file path: String, at node: YAMLNode) -> [Row] {
    let full = Path.join(reader.folder, path)
    let source: SourceText
    do throws(FileProblem) {
      let bytes = try reader.files.read(full, limit: ScenarioLoader.fileLimit)
      log.add(full)
      source = SourceText(path: full, folder: reader.folder, bytes: bytes)
    } catch {
      reader.fault("'\(path.escaped)' could not be read: \(error)", at: node)
      return []
    }
    guard String(validating: source.bytes, as: UTF8.self) != nil else {
      reader.fault("'\(path.escaped)' is not UTF-8", at: node)
      return []
    }
    do throws(CSVReader.Fault) {
      return try rows(of: try CSVReader.records(in: source.bytes), in: source, at: node)
    } catch {
      reader.sink.report(
        Diagnostic(
          error.message, excerpt: source.excerpt(ofBytes: error.range),
          notes: (error.note.map { [.init($0)] } ?? []) + [.init("its rows are asked for here", excerpt: node.excerpt)])
      )
      return []
    }
  }

  private func rows(
    of records: [[CSVReader.Field]], in source: SourceText, at node: YAMLNode
  ) throws(CSVReader.Fault) -> [Row] {
    guard let head = records.first else {
      throw CSVReader.Fault(message: "the file is empty: its first line names the variables", range: 0..<0)
    }
    var names: Set<String> = []
    for field in head {
      if let fault = Form<Fields<YAMLNode>>.nameFault(field.text) {
        throw CSVReader.Fault(message: fault.message, range: field.range, note: fault.notes.first)
      }
      if !names.insert(field.text).inserted {
        throw CSVReader.Fault(message: "variable '\(field.text)' is named twice", range: field.range)
      }
    }
    let range = (head.first?.range.lowerBound ?? 0)..<(head.last?.range.upperBound ?? 0)
    guard records.count > 1 else {
      throw CSVReader.Fault(message: "there are no rows after the line that names the variables", range: range)
    }
    guard records.count - 1 <= Self.limit else {
      throw CSVReader.Fault(message: "\(records.count - 1) rows are too many: at most \(Self.limit)", range: range)
    }
    return records.dropFirst().map { record in
      Row(
        values: zip(head, record).map { name, field -> (name: String, value: YAMLNode) in
          let span = SourceSpan(
            start: source.position(of: field.range.lowerBound), end: source.position(of: field.range.upperBound))
          return (name.text, YAMLNode(.value(.string(field.text)), span: span, source: source))
        }, node: node)
    }
  }

  /// The rows with their templates compiled.
  ///
  /// - Parameters:
  ///   - overriding: variables of the command line, which beat those of rows.
  ///   - isKnown: whether a variable has a value without a row.
  func compiled(
    _ rows: [Row], with compiler: ScopeCompiler, overriding: Set<String>, isKnown: (String) -> Bool
  ) -> Rows {
    let columns = Set(rows.flatMap { $0.values.map(\.name) })
    var types: [String: ValueType] = [:]
    let compiled = rows.map { row in
      for name in columns.subtracting(row.values.map(\.name)).sorted() where !isKnown(name) {
        reader.fault("this row has no '\(name)', which other rows have", at: row.node)
      }
      var trees: [String: TemplateTree] = [:]
      for (name, node) in row.values where !overriding.contains(name) {
        let tree = compiler.tree(node).tree
        tree.forEachTemplate { template in
          for reference in template.compiled.references {
            guard let used = reference.variable, columns.contains(used), !isKnown(used) else { continue }
            reader.fault(
              "'\(used)' is a value of the row too: values of a row do not see one another", at: template.node)
          }
        }
        trees[name] = tree
        types[name] = types[name].map { $0.joined(with: tree.type) } ?? tree.type
      }
      return JourneyRow(variables: trees)
    }
    return Rows(rows: compiled, types: types)
  }
}
