import Contract
import Gateway
import SocketServer
import Store

/// The feed and the answers to queries, as the socket's threads want them.
extension FeedReader: FeedSource {}

extension Requester {
  /// Who calls, as the rules know it.
  init(_ caller: SocketServer.Caller) {
    self.init(
      role: caller.role.name, uid: caller.userID, numbers: caller.role.numbers,
      seesText: caller.role.seesText, isAdministrator: caller.role.isAdministrator, session: caller.session)
  }
}

final class QueryService: QueryHandler {
  private let queries: Queries
  private let damaged: @Sendable (StoreError) -> Void

  /// - Parameter damaged: called with damaged pages of the store.
  init(_ queries: Queries, damaged: @escaping @Sendable (StoreError) -> Void) {
    self.queries = queries
    self.damaged = damaged
  }

  func answer(_ query: Query, for caller: SocketServer.Caller, within time: Duration) -> Reply {
    do {
      return .result(try queries.answer(query, for: Requester(caller), within: time))
    } catch let error as APIError {
      return .failure(error)
    } catch {
      if let error = error as? StoreError, error.kind == .corrupt { damaged(error) }
      return .failure(.internalError)
    }
  }
}
