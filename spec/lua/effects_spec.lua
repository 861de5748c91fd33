-- effects_spec.lua: lua/tidelock/effects.lua: the wire's form of effects, and what they refuse.
local effects = require "tidelock.effects"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local function wire(effect)
  return native.json_encode(native.list(table.move(effect, 1, #effect, 1, {})))
end

local function fails(pattern, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  assert.matches(pattern, tostring(err))
end

describe("an effect", function()
  it("is a list that says what it is", function()
    local toast = effects.toast "Saved"
    assert.equal("effect", kinds.of(toast))
    assert.equal("effect tl.toast", tostring(toast))
    assert.equal('["toast","Saved",{}]', wire(toast))
    assert.equal('["toast","Saved",{"kind":"error"}]', wire(effects.toast("Saved", { kind = "error" })))
    assert.equal('["redirect","/a",{"replace":true}]', wire(effects.redirect("/a", { replace = true })))
    assert.equal('["set_value","name",null]', wire(effects.set_value("name", nil)))
    assert.equal('["focus","name"]', wire(effects.focus "name"))
    assert.equal('["console_log",null,1,{}]', wire(effects.console_log(nil, 1, native.map {})))
    assert.equal('["alert","Stop"]', wire(effects.alert "Stop"))
    assert.equal('["scroll_to","name"]', wire(effects.scroll_to "name"))
    assert.equal('["reload"]', wire(effects.reload()))
    assert.equal('["back"]', wire(effects.back()))
    assert.equal('["set_clipboard","5"]', wire(effects.set_clipboard "5"))
    assert.equal('["remove_cookie","k"]', wire(effects.remove_cookie "k"))
    assert.equal('["clear_local_storage"]', wire(effects.clear_local_storage()))
    assert.equal('["download",{"name":"a.csv","text":"x","type":"text/csv; charset=utf-8"}]',
      wire(effects.download { text = "x", name = "a.csv", type = "text/csv; charset=utf-8" }))
    assert.equal('["download",{"path":"/a/b.pdf"}]', wire(effects.download { path = "/a/b.pdf" }))
    assert.equal('["call","note",null,1,null,"x"]', wire(effects.call("note", 1, nil, "x")))
    assert.equal('["call","note",null]', wire(effects.call "note"))
  end)

  -- holds: effect.toast.kind
  it("refuses what does not fit, and names the line", function()
    fails("^[^\n]*effects_spec.lua:%d+: tl.toast: a string, got nil", function() local e = effects.toast() return e end)
    fails("kind cannot be the string \"warn\"", effects.toast, "x", { kind = "warn" })
    fails("duration cannot be 0", effects.toast, "x", { duration = 0 })
    fails("unknown option knid %(did you mean kind%?%)", effects.toast, "x", { knid = "info" })
    fails("tl.focus: id: a string, got a table", effects.focus, {})
    fails("a value, got a function", effects.console_log, print)
    fails("tl.alert: a string, got nil", effects.alert)
    fails("tl.scroll_to: id: a string", effects.scroll_to, true)
    fails("tl.set_clipboard: a string, got a table", effects.set_clipboard, {})
    fails("is not UTF%-8", effects.set_clipboard, "\255")
    fails("tl.remove_cookie: a string, got nil", effects.remove_cookie)
    fails("one of text, path and url, got 0", effects.download)
    fails("one of text, path and url, got 2", effects.download, { text = "x", path = "/x" })
    fails("text cannot be 5", effects.download, { text = 5 })
    fails("type cannot be the string \"html\"", effects.download, { text = "x", type = "html" })
    fails("type goes with text", effects.download, { path = "/x", type = "text/plain" })
    fails("unknown option data %(there are name, path, text, type, url%)", effects.download, { data = "x" })
    fails("tl.call: the name of a function", effects.call)
    fails("tl.call: the name of a function", effects.call, print)
    fails("argument 2 of note: a value, got a function", effects.call, "note", 1, print)
    fails("argument 1 of note: a value, got an effect", effects.call, "note", effects.back())
    fails("is not UTF%-8", effects.toast, "\255")
  end)

  -- holds: effect.redirect.external
  it("leads only where a path of the app leads, unless it says so", function()
    for _, path in ipairs { "https://x.org", "//x.org", "/\\x.org", "x", "javascript:1" } do
      assert.is_false(pcall(effects.redirect, path))
    end
    assert.is_true(pcall(effects.redirect, "https://x.org", { external = true }))
    fails("would run code", effects.redirect, "javascript:1", { external = true })
  end)

  it("saves only from where a path of the app leads, or from another server", function()
    for _, path in ipairs { "https://x.org", "//x.org", "/\\x.org", "x", "javascript:1" } do
      assert.is_false(pcall(effects.download, { path = path }))
    end
    for _, url in ipairs { "javascript:1", "data:text/html,x", "file:///x", "/x", "blob:x" } do
      fails("url begins with http", effects.download, { url = url })
    end
    assert.is_true(pcall(effects.download, { url = "https://x.org/a" }))
  end)
end)

describe("what the driven page does with", function()
  local function open(extra) return kit.open(extra) end

  it("tl.reload: a new page of the same tab, with its state", function()
    local loads = 0
    local tab = open { on_load = function() loads = loads + 1 end }
    kit.handle(tab, function(self)
      self.n = 5
      return tl.reload()
    end)
    assert.equal(2, loads)
    assert.equal(5, tab:state "Job".n)
    kit.handle(tab, function(self) self.n = self.n + 1 end)
    assert.equal(6, tab:state "Job".n)
    assert.equal(2, #tab:deltas())
  end)

  it("tl.call: a function that the spec stands in for, whose result goes to the host", function()
    local tab, got = open(), nil
    tab:register("add", function(a, b) return { sum = a + b } end)
    tab:register("nothing", function() end)
    local name = kit.name(function(_, bound, value) got = { bound, value and value.sum } end)
    kit.handle(tab, function() return tl.call("add", 2, 3, kit.Job.go(name, "bound")) end)
    assert.same({ "bound", 5 }, got)
    kit.handle(tab, function() return { tl.call("nothing", kit.Job.go(name, "none")), tl.call "unknown" } end)
    assert.same({ "none" }, got)
    assert.same({}, tab:errors())
  end)

  it("tl.call with an event that a page does not offer: it may be sent from then on", function()
    local tab = t.open("spec/lua/apps/effects.lua", "/")
    tab:send_event("Page.hidden", { 1 })
    t.settle()
    assert.equal("EventError", tab:errors()[1].name)
    tab:register("ask", function() return 7 end)
    tab:click "Ask"
    assert.equal(7, tab:state "Page".n)
  end)

  -- holds: effect.redirect.replace
  it("tl.back: the page before, as long as there is one", function()
    local tab = t.open("spec/lua/apps/effects.lua", "/")
    tab:go "/second"
    tab:click "Replace"
    assert.equal("Third", tab:text "h1")
    tab:click "Back"
    assert.equal("First", tab:text "h1")
    tab:click "Back"
    assert.equal("First", tab:text "h1")
  end)

  it("Vars in a trigger's effects: their values", function()
    local tab = t.open("spec/lua/apps/effects.lua", "/")
    tab:click "Own"
    assert.same({
      { "download", { text = 0, name = "n.txt" } }, { "call", "note", native.null, 0, "x" }, { "set_clipboard", "n is 0" },
    }, tab:effects())
  end)

  it("a Var among what an event of tl.call is bound to: it is refused where the page is built", function()
    fails("an argument of Page.count is a Var", t.open, "spec/lua/apps/effects_wrong.lua", "/")
  end)
end)
