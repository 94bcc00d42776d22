import Contract
import Testing

@testable import Gateway

@Suite(.worlds) struct MetricsTextTests {
  @Test func whatALabelHoldsCannotBreakALine() {
    var metrics = MetricsText()
    metrics.family("x_total", .counter, "Says \"a\\b\"\nand more.")
    metrics.sample(3, [("name", "a\"b\\c\nd"), ("other", "é{}")])
    #expect(
      metrics.text == """
        # HELP x_total Says "a\\\\b"\\nand more.
        # TYPE x_total counter
        x_total{name="a\\"b\\\\c\\nd",other="é{}"} 3

        """)
  }

  @Test func aHistogramsBucketsAddUp() {
    var histogram = Histogram(bounds: [1_000_000, 5_000_000], scale: 1e-9)
    for value: Int64 in [1, 1_000_000, 1_000_001, 5_000_000, 5_000_001, 9_000_000_000] {
      histogram.observe(value)
    }
    var metrics = MetricsText()
    metrics.family("x_seconds", .histogram, "X.")
    metrics.histogram(histogram, [("carrier", "c")])
    #expect(
      metrics.text.split(separator: "\n").dropFirst(2) == [
        #"x_seconds_bucket{carrier="c",le="0.001"} 2"#, #"x_seconds_bucket{carrier="c",le="0.005"} 4"#,
        #"x_seconds_bucket{carrier="c",le="+Inf"} 6"#, #"x_seconds_sum{carrier="c"} 9.012000003"#,
        #"x_seconds_count{carrier="c"} 6"#,
      ])
  }

  @Test(
    arguments: [(0, "0"), (30, "30"), (0.25, "0.25"), (.infinity, "+Inf"), (.nan, "NaN")]
      as [(Double, String)])
  func numbersAreWrittenAsTheFormatWants(value: Double, text: String) {
    #expect(MetricsText.number(value) == text)
  }

  /// However many numbers have traffic, and whoever they belong to.
  @Test func seriesOfNumbersAreBoundedAndTheRestIsOther() throws {
    let world = try World()
    let count = StoreMetrics.seriesOfEach + 20
    let numbers = try (0..<count).map { try world.number("+1888555\(1000 + $0)") }
    for number in numbers {
      _ =
        try world.call(.numberAdd(NumberAdd(number: TypedPhone(number), carrier: "alpha", rate: 1)))
        as NumberView
    }
    let ids = Dictionary(uniqueKeysWithValues: (1...count).map { (NumberID($0), $0) })
    let result: MetricsResult = try world.ask(.metrics(Metrics()), metrics: FixedMetrics(sent: ids))
    let lines = result.text.split(separator: "\n").filter {
      $0.hasPrefix("tollgate_number_sent_segments_total{")
    }
    #expect(lines.count == StoreMetrics.seriesOfEach + 1)
    #expect(lines.last == "tollgate_number_sent_segments_total{number=\"other\"} \((1...20).reduce(0, +))")
    let one = Requester(role: "app", uid: 1, numbers: [numbers[4]])
    let own: MetricsResult = try world.ask(
      .metrics(Metrics()), as: one, metrics: FixedMetrics(sent: ids))
    #expect(
      own.text.split(separator: "\n").filter { $0.hasPrefix("tollgate_number_sent_segments_total{") }
        == ["tollgate_number_sent_segments_total{number=\"\(numbers[4])\"} 5"])
  }

  @Test func ofEachQueueAnOperatorSeesWhoWaitsHowLongAndWhoIsThere() throws {
    let world = try World()
    try world.addNumber(Cast.localNumber)
    let _: QueueView = try world.call(.queueAdd(QueueAdd(name: "Sales")))
    _ = try world.agent("ana")
    let away = try world.agent("ben")
    try world.be(.away, away)
    try world.wait("+12025550110")
    world.now += 1_500
    try world.wait("+12025550111")
    func samples(as caller: Requester = World.admin) throws -> [Substring] {
      let result: MetricsResult = try world.ask(.metrics(Metrics()), as: caller)
      return result.text.split(separator: "\n").filter { $0.hasPrefix("tollgate_queue_") }
    }
    #expect(
      try samples() == [
        #"tollgate_queue_waiting{queue="q_1",name="default"} 2"#,
        #"tollgate_queue_waiting{queue="q_2",name="Sales"} 0"#,
        #"tollgate_queue_oldest_waiting_seconds{queue="q_1",name="default"} 1.5"#,
        #"tollgate_queue_oldest_waiting_seconds{queue="q_2",name="Sales"} 0"#,
        #"tollgate_queue_members_available{queue="q_1",name="default"} 1"#,
        #"tollgate_queue_members_available{queue="q_2",name="Sales"} 0"#,
      ])
    let app = Requester(role: "app", uid: 1, numbers: [try world.number(Cast.localNumber)])
    #expect(try samples(as: app).isEmpty)
    for index in 0..<110 { let _: QueueView = try world.call(.queueAdd(QueueAdd(name: "Q\(index)"))) }
    let all = try samples()
    #expect(all.count == 3 * (StoreMetrics.seriesOfEach + 1))
    #expect(all[StoreMetrics.seriesOfEach] == #"tollgate_queue_waiting{queue="other",name="other"} 0"#)
  }
}

struct FixedMetrics: MetricsSource {
  var sent: [NumberID: Int] = [:]

  func write(to metrics: inout MetricsText) {}
  func sentSegments() -> [NumberID: Int] { sent }
  func limits() -> [MetricsLimit] { [MetricsLimit("queue_per_number", limit: 5)] }
}
