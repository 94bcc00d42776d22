import CommandFrame

/// Rows for people: aligned columns, a bold header on a terminal, the last column cut to the terminal's width.
package struct Table: Sendable {
  enum Alignment: Sendable { case left, right }

  struct Column: Sendable {
    var title: String
    var alignment: Alignment
  }

  struct Cell: Sendable {
    var text: String
    var style: Terminal.Style

    init(_ text: String, _ style: Terminal.Style = .plain) {
      self.text = Terminal.shown(text)
      self.style = style
    }
  }

  private var columns: [Column]
  private(set) var rows: [[Cell]] = []

  /// Titles; one that begins with '>' is aligned to the right.
  package init(_ titles: String...) {
    columns = titles.map {
      $0.hasPrefix(">")
        ? Column(title: String($0.dropFirst()), alignment: .right) : Column(title: $0, alignment: .left)
    }
  }

  mutating func add(_ cells: Cell...) { rows.append(cells) }
  package mutating func add(_ texts: String...) { rows.append(texts.map { Cell($0) }) }

  func lines(on terminal: Terminal) -> [String] {
    var widths = columns.map { Terminal.columns($0.title) }
    for row in rows {
      for (index, cell) in row.enumerated() where index < widths.count {
        widths[index] = max(widths[index], Terminal.columns(cell.text))
      }
    }
    if let width = terminal.width, let last = widths.indices.last {
      let before = widths.dropLast().reduce(0, +) + 2 * last
      widths[last] = max(8, min(widths[last], width - before))
    }
    let header = line(columns.map { Cell($0.title.uppercased(), .bold) }, widths, terminal)
    return [header] + rows.map { line($0, widths, terminal) }
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ terminal: Terminal) -> String {
    var result = ""
    for (index, cell) in cells.enumerated() where index < columns.count {
      let isLast = index == cells.count - 1
      let text = isLast ? Terminal.cut(cell.text, to: widths[index]) : cell.text
      let space = String(repeating: " ", count: max(0, widths[index] - Terminal.columns(text)))
      if columns[index].alignment == .right { result += space }
      result += terminal.styled(text, cell.style)
      if !isLast {
        if columns[index].alignment == .left { result += space }
        result += "  "
      }
    }
    return result
  }

  package func print() throws {
    try Output.text(lines(on: .output).map { $0 + "\n" }.joined())
  }
}

/// Name and value, one a line: what `show` prints.
struct Facts: Sendable {
  private var rows: [(String, Table.Cell)] = []

  mutating func add(_ name: String, _ value: String?, _ style: Terminal.Style = .plain) {
    guard let value else { return }
    rows.append((Terminal.shown(name), Table.Cell(value, style)))
  }

  func lines(on terminal: Terminal) -> [String] {
    let width = rows.map { Terminal.columns($0.0) }.max() ?? 0
    return rows.map { name, cell in
      let space = String(repeating: " ", count: width - Terminal.columns(name))
      return terminal.styled(name, .dim) + space + "  " + terminal.styled(cell.text, cell.style)
    }
  }

  func print() throws {
    try Output.text(lines(on: .output).map { $0 + "\n" }.joined())
  }
}
