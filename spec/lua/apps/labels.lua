-- labels.lua: controls without a text of their own, named by aria-label.
local tl = require "tidelock"
local ui = tl.ui

local Note = tl.state("Note", {
  text = "", log = tl.list {},
  rows = { { id = 1, name = "oar", on = false }, { id = 2, name = "keel", on = true } },
})
Note.set_text = Note:setter "text"
function Note:drop(id) self.log:push("drop " .. id) end
function Note:pick(id, on) self.log:push(("%d %s"):format(id, on)) end

tl.page("/", {}, function()
  return ui.main {
    ui.input { aria_label = "Note", value = Note.text, on_change = Note.set_text },
    ui.ul { aria_label = "Rows", ui.foreach(Note.rows, function(row)
      return ui.li {
        ui.input { type = "checkbox", checked = row.on, ["aria-label"] = "Pick " .. row.name, on_change = Note.pick(row.id) },
        ui.button { "x", aria_label = "Drop " .. row.name, on_click = Note.drop(row.id) },
      }
    end, { key = "id" }) },
    ui.button { "Send", aria_label = "Send the note", on_click = Note.drop(9) },
    ui.button { "Other", aria_label = "Send", on_click = Note.drop(8) },
    ui.div { hidden = true, ui.button { "y", aria_label = "Hidden", on_click = Note.drop(7) } },
    ui.p { aria_label = "Paragraph", "text" },
  }
end)
