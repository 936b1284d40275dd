// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Pieces of HTML.
enum HTML {
  /// A text that means itself, in content and in attributes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\0"..<" ": result += " "
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  /// A table whose first column names the rows. Cells are HTML.
  static func table(_ caption: String, head: [String], rows: [(marked: Bool, cells: [String])]) -> String {
    var text = "<table><caption>\(caption)</caption><thead><tr>"
    for title in head { text += "<th scope=\"col\">\(title)</th>" }
    text += "</tr></thead><tbody>"
    for row in rows {
      text += row.marked ? "<tr class=\"marked\">" : "<tr>"
      for (index, cell) in row.cells.enumerated() {
        text += index == 0 ? "<th scope=\"row\">\(cell)</th>" : "<td>\(cell)</td>"
      }
      text += "</tr>"
    }
    return "<div class=\"scroll\">\(text)</tbody></table></div>\n"
  }
}
