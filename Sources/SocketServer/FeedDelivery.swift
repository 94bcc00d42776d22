public import Contract

// The feed's part of a connection: subscribing, acknowledging, sending, sending again.

extension ClientConnection {
  /// Most octets of a consumer's name.
  static let maximumConsumerName = 64

  // MARK: Subscribing

  func subscribe(_ params: FeedSubscribe, _ id: RequestID) {
    if let error = ClientConnection.check(params, limits) {
      reply(.failure(error), to: id)
      return
    }
    let underWay = pending.values.count { if case .subscribe = $0.request { true } else { false } }
    let others = subscriptions.count { $0.consumer != params.consumer }
    guard others + underWay < limits.subscriptionsPerConnection else {
      reply(
        .failure(.limitReached("subscriptions_per_connection", limits.subscriptionsPerConnection)), to: id)
      return
    }
    actions.append(.subscribe(expect(.subscribe(id, params)), params))
  }

  private static func check(_ params: FeedSubscribe, _ limits: APILimits) -> APIError? {
    guard isConsumerName(params.consumer) else {
      return .invalid("consumer", "expected a letter or digit, then up to 63 letters, digits, '.', '_', '-'")
    }
    if let count = params.maxInFlight, count < 1 || count > limits.maximumInFlight {
      return .invalid("max_in_flight", "1 to \(limits.maximumInFlight)")
    }
    if let seconds = params.ackTimeoutS, seconds < 0 || seconds > limits.maximumAckTimeout {
      return .invalid("ack_timeout_s", "0 to \(limits.maximumAckTimeout)")
    }
    return nil
  }

  /// A letter or digit, then up to 63 of letters, digits, `.`, `_`, `-`.
  static func isConsumerName(_ name: String) -> Bool {
    let octets = name.utf8
    guard octets.count >= 1, octets.count <= maximumConsumerName else { return false }
    func isAlphanumeric(_ octet: UInt8) -> Bool {
      switch octet {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: false
      }
    }
    guard let first = octets.first, isAlphanumeric(first) else { return false }
    return octets.allSatisfy { isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
  }

  /// The writer answered: delivery starts, unless it refused.
  func subscribed(_ params: FeedSubscribe, _ answer: Reply, at now: Duration) -> Reply {
    guard case .result(let json) = answer, let role else { return answer }
    guard let result = try? ContractJSON.decode(FeedSubscribeResult.self, from: json) else {
      return .failure(.internalError)
    }
    let memory = subscriptions.first { $0.consumer == params.consumer }?.memoryAfterEnd()
    subscriptions.removeAll { $0.consumer == params.consumer }
    fenced.removeAll { $0 == params.consumer }
    subscriptions.append(
      Subscription(
        params, start: result.cursor.sequence, role: role, memory: memory ?? inherited[params.consumer],
        limits: limits, at: now))
    inherited[params.consumer] = nil
    return answer
  }

  func unsubscribe(_ params: FeedUnsubscribe, _ id: RequestID) {
    guard let index = subscriptions.firstIndex(where: { $0.consumer == params.consumer }) else {
      reply(.failure(.notFound("subscription", params.consumer)), to: id)
      return
    }
    end(subscriptionAt: index)
    reply(.success(Done()), to: id)
  }

  /// Another connection takes the consumer over. Nothing of it is sent or acknowledged here any more.
  public func fence(_ consumer: String) {
    guard let index = subscriptions.firstIndex(where: { $0.consumer == consumer }) else { return }
    end(subscriptionAt: index)
    if fenced.count >= limits.subscriptionsPerConnection { fenced.removeFirst() }
    fenced.append(consumer)
    output.append(text: #"{"jsonrpc":"2.0","method":"feed.fenced","params":{"consumer":"#)
    output.append(quoted: consumer)
    output.append(text: "}}\n")
  }

  private func end(subscriptionAt index: Int) {
    let subscription = subscriptions.remove(at: index)
    for id in subscription.waitingAckRequests {
      reply(.failure(APIError(.consumerBusy, "this connection no longer reads as this consumer")), to: id)
    }
    waitingAcks -= subscription.waitingAckRequests.count
    actions.append(.unsubscribed(subscription.consumer, subscription.memoryAfterEnd()))
  }

  // MARK: Acknowledging

  func acknowledge(_ params: FeedAck, _ id: RequestID) {
    guard let index = subscriptions.firstIndex(where: { $0.consumer == params.consumer }) else {
      let error =
        fenced.contains(params.consumer)
        ? APIError(.consumerBusy, "another connection took over this consumer")
        : .invalid("consumer", "not subscribed on this connection")
      reply(.failure(error), to: id)
      return
    }
    let sequence = params.cursor.sequence
    guard sequence <= subscriptions[index].furthest else {
      reply(.failure(.invalid("cursor", "this event was not sent yet")), to: id)
      return
    }
    guard !subscriptions[index].ackWithWriter else {
      subscriptions[index].waitingAck = max(subscriptions[index].waitingAck, sequence)
      subscriptions[index].waitingAckRequests.append(id)
      waitingAcks += 1
      return
    }
    subscriptions[index].ackWithWriter = true
    let request = expect(.ack([id], consumer: params.consumer, through: sequence))
    actions.append(.command(request, .feedAck(params), as: nil))
  }

  /// The writer answered an acknowledgement; those that came meanwhile go as one.
  func acknowledged(_ consumer: String, _ through: Int64, _ answer: Reply, at now: Duration) {
    guard let index = subscriptions.firstIndex(where: { $0.consumer == consumer }) else { return }
    if case .result = answer { subscriptions[index].acknowledged(through, at: now) }
    subscriptions[index].ackWithWriter = false
    guard !subscriptions[index].waitingAckRequests.isEmpty else { return }
    let ids = subscriptions[index].waitingAckRequests
    let sequence = subscriptions[index].waitingAck
    waitingAcks -= ids.count
    subscriptions[index].waitingAckRequests = []
    subscriptions[index].waitingAck = 0
    subscriptions[index].ackWithWriter = true
    let request = expect(.ack(ids, consumer: consumer, through: sequence))
    actions.append(
      .command(request, .feedAck(FeedAck(consumer: consumer, cursor: Cursor(sequence))), as: nil))
  }

  // MARK: Sending

  /// How many consumers are read here; they are named by index.
  public var subscriptionCount: Int { subscriptions.count }

  /// The position after which a consumer could take events now; nil where its window or the room before the socket is
  /// full, or nothing is new.
  public func wantedPosition(of index: Int) -> Int64? {
    guard !isClosing, output.count < limits.feedAhead, subscriptions.indices.contains(index) else {
      return nil
    }
    let subscription = subscriptions[index]
    return subscription.hasRoom && subscription.position < surroundings.newest ? subscription.position : nil
  }

  /// Whether this connection reads as a consumer.
  public func reads(_ consumer: String) -> Bool { subscriptions.contains { $0.consumer == consumer } }

  /// The subscription a request asks for, while it is with the owner.
  public func subscription(askedBy request: UInt64) -> FeedSubscribe? {
    guard case .subscribe(_, let params)? = pending[request]?.request else { return nil }
    return params
  }

  /// Writes the events of `rows` after the subscription's position, as far as its window and the room before the socket
  /// go. Rows are in order; those before the position are passed over. Says which events could not be rendered.
  @discardableResult
  public func offer(
    _ rows: ArraySlice<PackedRow>, to index: Int, writer: inout EventWriter, at now: Duration
  ) -> [Int64] {
    guard subscriptions.indices.contains(index), !isClosing else { return [] }
    var unreadable: [Int64] = []
    for row in rows where row.lastSequence > subscriptions[index].position {
      guard output.count < limits.feedAhead, subscriptions[index].hasRoom else { break }
      ClientConnection.offer(
        row, to: &subscriptions[index], output: &output, ahead: limits.feedAhead, writer: &writer, at: now,
        unreadable: &unreadable)
    }
    return unreadable
  }

  private static func offer(
    _ row: PackedRow, to subscription: inout Subscription, output: inout JSONBuffer, ahead: Int,
    writer: inout EventWriter, at now: Duration, unreadable: inout [Int64]
  ) {
    // Numbers that name no event: the feed of a restored store leaps.
    if row.firstSequence > subscription.position + 1 { subscription.skip(row.firstSequence - 1) }
    row.bytes.withUnsafeBytes { octets in
      var walk = PackedEventWalk(octets)
      var sequence = row.firstSequence
      let last = row.lastSequence
      while sequence <= last, let event = walk.next(in: octets) {
        defer { sequence &+= 1 }
        if sequence <= subscription.position { continue }
        guard output.count < ahead, subscription.hasRoom else { return }
        if subscription.hides(event, in: octets) {
          subscription.skip(sequence)
          continue
        }
        if subscription.pendingSkip > 0 { emitSkip(&subscription, &output, at: now) }
        let written = writer.append(
          line: event, of: octets, place: .init(sequence: sequence, timeMilliseconds: row.timeMilliseconds),
          redelivered: subscription.deliveries.count(sequence), consumer: subscription.quotedConsumer,
          to: &output)
        if written {
          subscription.didSend(sequence, at: now)
        } else {
          unreadable.append(sequence)
          subscription.skip(sequence)
        }
      }
      // A row that ends early is damaged: its events are skipped, and reported as skipped.
      if sequence <= last {
        unreadable.append(sequence)
        subscription.skip(last)
      }
    }
  }

  private static func emitSkip(
    _ subscription: inout Subscription, _ output: inout JSONBuffer, at now: Duration
  ) {
    output.append(text: #"{"jsonrpc":"2.0","method":"feed.skipped","params":{"consumer":"#)
    output.append(contentsOf: subscription.quotedConsumer)
    output.append(text: #","cursor":"cur_"#)
    output.append(integer: subscription.pendingSkip)
    output.append(text: "\"}}\n")
    subscription.didEmitSkip(at: now)
  }

  /// The rows that the subscription needs are gone: sends `feed.expired` and ends the delivery.
  public func expire(_ index: Int) {
    guard subscriptions.indices.contains(index) else { return }
    let consumer = subscriptions[index].consumer
    end(subscriptionAt: index)
    output.append(text: #"{"jsonrpc":"2.0","method":"feed.expired","params":{"consumer":"#)
    output.append(quoted: consumer)
    output.append(text: #","oldest":"#)
    output.append(quoted: Cursor(surroundings.oldest).description)
    output.append(text: "}}\n")
  }

  // MARK: Time

  func tickSubscriptions(at now: Duration) {
    for index in subscriptions.indices {
      if let due = subscriptions[index].skipDue(limits), now >= due, output.count < limits.feedAhead {
        ClientConnection.emitSkip(&subscriptions[index], &output, at: now)
      }
      if subscriptions[index].inFlight > 0, let due = subscriptions[index].redeliverAt, now >= due {
        if output.isEmpty {
          subscriptions[index].redeliver(at: now)
        } else {
          subscriptions[index].putOffRedelivery(at: now)
        }
      }
      if now >= subscriptions[index].heartbeatAt {
        if output.count < limits.feedAhead { beat(index) }
        subscriptions[index].didBeat(at: now, every: limits.heartbeatEvery)
      }
    }
  }

  private func beat(_ index: Int) {
    output.append(text: #"{"jsonrpc":"2.0","method":"feed.heartbeat","params":{"consumer":"#)
    output.append(contentsOf: subscriptions[index].quotedConsumer)
    output.append(text: #","newest":"cur_"#)
    output.append(integer: surroundings.newest)
    output.append(text: #"","lag":"#)
    output.append(integer: max(0, surroundings.newest - subscriptions[index].acked))
    output.append(text: "}}\n")
  }
}
