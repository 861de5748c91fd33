-- effects.lua: pages that ask for effects, and move.
local tl = require "tidelock"
local ui = tl.ui

local Page = tl.state("Page", { n = 0 })

function Page:hidden(n) self.n = n end
function Page:ask() return tl.call("ask", Page.hidden) end
function Page:replace() return tl.redirect("/third", { replace = true }) end
function Page:back() return tl.back() end

local function page(title)
  return function()
    return ui.main {
      ui.h1 { title },
      ui.button { "Ask", on_click = Page.ask }, ui.button { "Replace", on_click = Page.replace }, ui.button { "Back", on_click = Page.back },
      ui.button { "Own", on_click = {
        tl.download { text = Page.n, name = "n.txt" }, tl.call("note", Page.n, "x"), tl.set_clipboard(Page.n:format "n is %d"),
      } },
    }
  end
end

tl.page("/", {}, page "First")
tl.page("/second", {}, page "Second")
tl.page("/third", {}, page "Third")
