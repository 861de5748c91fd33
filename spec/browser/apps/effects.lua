-- What a handler or a trigger asks the page to do, pages to move between, and what goes wrong.

local tl = require "tidelock"
local ui = tl.ui

local Page = tl.state("Page", { n = 0 })

function Page:effects()
  self.n = self.n + 1
  coroutine.yield(tl.console_log("n is", self.n, { list = { 1, 2 } }))
  return { tl.toast("Saved", { kind = "success" }), tl.set_value("field", "from the host"), tl.focus "field" }
end

function Page:brief()
  return tl.toast("Brief", { duration = 0.3 })
end

function Page:move()
  self.n = self.n + 1
  return tl.redirect "/post/7?from=home"
end

function Page:fail()
  self.n = 1000
  error "no <berth> is free"
end

Page.fail_later = tl.background(function(self)
  tl.with_state(self, function() self.n = self.n + 1 end)
  tl.sleep(0.1)
  self.n = 2000
end)

Page.load = function(self)
  self.n = self.n + 10
end

tl.page("/", { title = "Home" }, function()
  return ui.main {
    ui.h1 "Home",
    ui.p { id = "n", Page.n },
    ui.input { id = "field", ["aria-label"] = "Field" },
    ui.button { "Effects", on_click = Page.effects },
    ui.button { "Brief", on_click = Page.brief },
    ui.button { "Own", on_click = tl.toast(Page.n:format "n is %d") },
    ui.button { "Move", on_click = Page.move },
    ui.button { "Fail", on_click = Page.fail },
    ui.button { "Fail later", on_click = Page.fail_later },
    ui.a { href = "/post/8", "Post 8" },
    ui.a { href = "/nowhere", "Nowhere" },
  }
end)

local Post = tl.state("Post", { title = "" })

function Post:open()
  self.title = "Post " .. self.router.params.id
end

tl.page("/post/[id]", { title = "Post", on_load = Post.open }, function()
  return ui.main {
    ui.h1 { Post.title },
    ui.p { id = "n", Page.n },
    ui.a { href = "/", "Home" },
  }
end)
