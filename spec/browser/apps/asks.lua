-- What only a browser can do for an app: files, the clipboard, the history, storage, the app's own script.

local tl = require "tidelock"
local ui = tl.ui

local Page = tl.state("Page", { n = 0, answer = "", address = "", text = "Grüße\n" })

function Page:count() self.n = self.n + 1 end
function Page:set_address(value) self.address = value end
function Page:got(how, value) self.answer = how .. ": " .. tl.json.encode(value) end

-- One handler for each effect: the host sends it.
local asked = {
  alert = function() return tl.alert "Stand still" end,
  scroll = function() return tl.scroll_to "far" end,
  ["save text"] = function(self) return tl.download { text = self.text, name = "greeting.txt", type = "text/html" } end,
  ["save path"] = function() return tl.download { path = "/note.txt", name = "kept.txt" } end,
  ["save url"] = function(self) return tl.download { url = self.address } end,
  copy = function(self) return tl.set_clipboard(self.text) end,
  reload = function(self)
    self.n = self.n + 1
    return tl.reload()
  end,
  back = tl.back,
  ["forget cookie"] = function() return tl.remove_cookie "a b" end,
  ["forget all"] = tl.clear_local_storage,
  sum = function() return tl.call("sum", 1, 2, { three = 3 }, Page.got "sum") end,
  later = function() return tl.call("later", Page.got "later") end,
  broken = function() return tl.call("broken", Page.got "broken") end,
  note = function() return tl.call("note", "a", nil, 5) end,
  ["no code"] = function() return { tl.call "document.title = 'hacked'", tl.call "constructor", tl.call "eval" } end,
}

function Page:ask(what) return asked[what](self) end

local function buttons()
  local out, names = {}, {}
  for name in pairs(asked) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do out[i] = ui.button { name, on_click = Page.ask(name) } end
  return ui.nav(out)
end

tl.assets "public"
tl.head { script = "/asks.js" }

tl.page("/", { title = "Asks" }, function()
  return ui.main {
    buttons(),
    ui.input { id = "address", ["aria-label"] = "Address", on_input = Page.set_address },
    ui.button { "own redirect", on_click = tl.redirect(Page.address, { external = true }) },
    ui.button { "own save", on_click = tl.download { url = Page.address } },
    ui.button { "own save of the app", on_click = tl.download { path = Page.address } },
    ui.button { "own sum", on_click = tl.call("sum", Page.n, 40, Page.got "own") },
    ui.button { "count", on_click = Page.count },
    ui.p { id = "n", Page.n }, ui.p { id = "answer", Page.answer }, ui.p { id = "address-is", Page.address },
    ui.a { "Other", href = "/other" },
    ui.div { style = { height = "3000px" } }, ui.h2 { id = "far", "Far down" }, ui.div { style = { height = "3000px" } },
  }
end)

tl.page("/other", { title = "Other" }, function()
  return ui.main { ui.h1 "Other", ui.button { "back", on_click = Page.ask "back" } }
end)
