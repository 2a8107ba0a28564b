import Documents
import Model

/// The scopes of one file: one for its checks without variables of their own, and one for each map of such variables,
/// which many checks share when it stands in `defaults`.
final class FileScopes {
  private let variables: [String: YAMLNode]
  private let overriding: [String: YAMLNode]
  private let fixed: FixedValues
  private let sink: DiagnosticSink
  private let shared: ScopeCompiler
  /// By identity of the map; the map is kept so that the identity stays its own.
  private var own: [ObjectIdentifier: (node: YAMLNode, compiler: ScopeCompiler)] = [:]

  /// - Parameters:
  ///   - variables: those that the file sees.
  ///   - overriding: those of the command line, which beat all others.
  init(
    variables: [String: YAMLNode], overriding: [String: YAMLNode], fixed: FixedValues, sink: DiagnosticSink
  ) {
    self.variables = variables
    self.overriding = overriding
    self.fixed = fixed
    self.sink = sink
    shared = ScopeCompiler(variables: variables.merging(overriding) { $1 }, fixed: fixed, sink: sink)
  }

  /// The compiler for a check.
  ///
  /// - Parameter node: the check's `variables`, if it has any.
  func compiler(of node: YAMLNode?, _ reader: Reader) -> ScopeCompiler {
    guard let node else { return shared }
    if let known = own[ObjectIdentifier(node)] { return known.compiler }
    let fields = CheckKeys.variables.form.read(node, reader) ?? []
    let compiler = fields.isEmpty ? shared : self.compiler(own: [fields], late: [:], absentSteps: [:])
    own[ObjectIdentifier(node)] = (node, compiler)
    return compiler
  }

  /// A compiler for one journey or fragment.
  ///
  /// - Parameters:
  ///   - own: variables over those of the file; later beats earlier.
  ///   - late: names that get a value while the run goes on.
  ///   - absentSteps: what is said of steps before they are known.
  func compiler(
    own: [Fields<YAMLNode>], late: [String: LateVariable], absentSteps: [String: String]
  ) -> ScopeCompiler {
    var all = variables
    for (name, value) in own.joined() { all[name] = value }
    all.merge(overriding) { $1 }
    return ScopeCompiler(variables: all, late: late, absentSteps: absentSteps, fixed: fixed, sink: sink)
  }

  /// Variables of the command line, which beat all others.
  var overridingNames: Set<String> { Set(overriding.keys) }
}
