package import Model

/// Incidents as JSON, the same in the API and in `curlew incidents`.
package enum IncidentJSON {
  /// Writes an incident as a value.
  package static func write(_ incident: Incident, to json: inout JSONWriter) {
    json.object { json in
      json.member("id", Int(incident.id))
      json.member("origin", incident.origin.rawValue)
      json.member("check", incident.check?.text)
      json.member("title", incident.title)
      json.member(
        "impacts",
        array: { json in
          for impact in incident.impacts {
            json.object { json in
              json.member("check", impact.check.text)
              json.member("level", impact.level.rawValue)
            }
          }
        })
      json.member("state", incident.state.rawValue)
      json.member("began", incident.began)
      json.member("opened", incident.opened)
      json.member("ended", incident.ended)
      writeCause(of: incident, to: &json)
      json.member("consequence_of", incident.consequenceOf.map { Int($0) })
      writeAcknowledgement(of: incident, to: &json)
      json.member("published", incident.isPublished)
      json.member(
        "updates",
        array: { json in
          for update in incident.updates {
            json.object { json in
              json.member("at", update.at)
              json.member("kind", update.kind.rawValue)
              json.member("author", update.author)
              json.member("state", update.state?.rawValue)
              json.member("text", update.text)
            }
          }
        })
    }
  }

  private static func writeCause(of incident: Incident, to json: inout JSONWriter) {
    guard let cause = incident.cause else {
      json.member("cause", nil as String?)
      return
    }
    json.member(
      "cause",
      object: { json in
        json.member("code", cause.code?.rawValue)
        json.member("step", cause.step)
        json.member("expression", cause.expression)
        json.member("message", cause.message)
      })
  }

  private static func writeAcknowledgement(of incident: Incident, to json: inout JSONWriter) {
    guard let acknowledgement = incident.acknowledgement else {
      json.member("acknowledgement", nil as String?)
      return
    }
    json.member(
      "acknowledgement",
      object: { json in
        json.member("by", acknowledgement.by)
        json.member("note", acknowledgement.note)
        json.member("at", acknowledgement.at)
      })
  }
}
