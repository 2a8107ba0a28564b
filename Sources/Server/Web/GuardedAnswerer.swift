import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Lets requests through to another answerer as the web configuration says.
struct GuardedAnswerer<Inner: Answerer>: Answerer {
  let inner: Inner
  let keeper: WebKeeper
  let logger: Logger

  func answer(_ request: Request, over channel: any Channel) async -> Response {
    let configuration: WebConfiguration
    do throws(WebFault) {
      configuration = try keeper.current()
    } catch {
      logger.error("Unable to parse configuration", metadata: ["err": "\(error)"])
      return refusal(.internalServerError, request)
    }
    if let limiter = keeper.limiter, !limiter.passes() { return refusal(.tooManyRequests, request) }
    var response: Response
    if configuration.users.isEmpty {
      response = await inner.answer(request, over: channel)
    } else if await keeper.authentication.accepts(request.headers[.authorization], users: configuration.users) {
      response = await inner.answer(request, over: channel)
    } else {
      response = refusal(.unauthorized, request)
      response.headers[.wwwAuthenticate] = "Basic"
    }
    for header in configuration.headers {
      if let name = HTTPField.Name(header.name) { response.headers[name] = header.value }
    }
    return response
  }

  private func refusal(_ status: HTTPResponse.Status, _ request: Request) -> Response {
    Reply.refusal(status.reasonPhrase, status).response(to: request.method, acceptEncoding: nil)
  }
}
