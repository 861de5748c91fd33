-- bind_spec.lua: ui.bind: a control's value that goes both ways, the setter that it offers and no other.
local t = require "tidelock.testing"
local native = require "tidelock.native"

local APP = "spec/lua/apps/ui_bind.lua"

-- What the page shows after `name|age|weight|ok|colour|tags|size|mode|notes|any`.
local function shows(tab, expected) assert.equal(expected, tab:text "#shown") end

local function fails(pattern, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok, "it did not fail")
  assert.matches(pattern, tostring(err))
end

describe("a bound control", function()
  -- holds: ui.bind
  it("shows the var and sets it, each in its kind", function()
    local tab = t.open(APP, "/")
    shows(tab, "Ann|30||no|red|a|2|dark||")
    tab:input("#name", "Bea")
    tab:input("#age", 31)
    tab:input("#weight", 70.5)
    tab:change("#ok", true)
    tab:input("#colour", "blue")
    tab:input("#tags", { "a", "b" })
    tab:input("#notes", "one\ntwo")
    tab:input("#date", "2026-11-24")
    shows(tab, "Bea|31|70.5|yes|blue|a,b|2|dark|one two|2026-11-24")
    assert.same({}, tab:errors())
    assert.equal("integer", math.type(tab:state("Form").age))
    assert.equal(31, tab:value "#level")
    assert.equal("31", tab:value "#plain_age")
  end)

  it("of radio buttons is checked where its value is the var's, in the var's kind", function()
    local tab = t.open(APP, "/")
    assert.is_true(tab:value "#big")
    tab:click "#small"
    tab:click "#light"
    shows(tab, "Ann|30||no|red|a|1|light||")
    assert.is_true(tab:value "#small")
    assert.is_false(tab:value "#big")
    assert.equal("integer", math.type(tab:state("Form").size))
  end)

  it("runs its setter before the handler that the element has besides", function()
    local tab = t.open(APP, "/")
    tab:input("#name", "Bea")
    assert.equal("Bea Bea", tab:text "#seen")
  end)

  it("does not tell a var of numbers what is none, and goes back when it is left", function()
    local tab = t.open(APP, "/")
    tab:input("#age", "")
    assert.is_nil(tab:value "#age")
    tab:input("#plain_age", "-")
    assert.equal("-", tab:value "#plain_age")
    assert.equal(30, tab:value "#age")
    tab:input("#plain_age", "-7")
    shows(tab, "Ann|-7||no|red|a|2|dark||")
    tab:input("#plain_age", "")
    tab:click "#ok"
    assert.equal("-7", tab:value "#plain_age")
    assert.same({}, tab:errors())
  end)

  it("empties a var that may be nil", function()
    local tab = t.open(APP, "/")
    tab:input("#weight", 5)
    tab:input("#weight", "")
    shows(tab, "Ann|30||no|red|a|2|dark||")
    assert.equal(native.null, tab:state("Form").weight)
    assert.same({}, tab:errors())
  end)

  -- holds: ui.bind.offer, client.arguments
  it("offers that setter and no other", function()
    local tab = t.open(APP, "/")
    local peer = native.peer_open()
    peer:send '{"hello":{"token":null,"version":null,"instance":"i","path":"/","storage":{"cookie":{},"local":{},"session":{}}}}'
    peer:send '{"event":{"id":1,"handler":"Form.set_name","args":["sent"]}}'
    peer:send '{"event":{"id":2,"handler":"Form.set_other","args":["sent"]}}'
    t.settle()
    local text = table.concat(peer:take(), "\n")
    assert.matches('"name":"sent"', text)
    assert.matches("Form.set_other", text)
    assert.matches("no page offers", text)
    peer:close()
    t.settle()
    shows(tab, "Ann|30||no|red|a|2|dark||")
  end)
end)

describe("ui.bind refuses", function()
  -- An app that is one page, whose function gets the state's class.
  local function page(fn)
    return function()
      local path = os.tmpname()
      local file = assert(io.open(path, "w"))
      file:write(([[
        local tl = require "tidelock"
        local ui = tl.ui
        local Job = tl.state("Job", { n = 1, m = tl.map {}, items = tl.list {}, own = 1, _back = 1 })
        Job.twice = tl.computed(function(self) return self.n * 2 end)
        function Job:set_own(v) self.own = v end
        tl.page("/", function() return ui.main { %s } end)
      ]]):format(fn))
      file:close()
      local ok, err = pcall(t.open, path, "/")
      os.remove(path)
      if not ok then error(err, 0) end
    end
  end

  -- holds: ui.bind.item, var.backend
  it("what has no setter", function()
    fails("belongs to an element of a list, which has no setter", page [[ui.foreach(Job.items, function(item)
      return ui.input { value = ui.bind(item.name) } end)]])
    fails("Job.m.x is no var of a state", page "ui.input { value = ui.bind(Job.m.x) }")
    fails("%(Job.n %+ 1%) is no var of a state", page "ui.input { value = ui.bind(Job.n + 1) }")
    fails("computed var is derived", page "ui.input { value = ui.bind(Job.twice) }")
    fails("Job._back is a backend var", page "ui.input { value = ui.bind(Job._back) }")
    fails("a Var of a state %(Job.max%), got 5", page "ui.input { value = ui.bind(5) }")
    fails("Job.set_own is a handler of the app's own", page "ui.input { value = ui.bind(Job.own) }")
  end)

  it("a place that nobody edits", function()
    fails("ui.bind is for the value of an input", page "ui.p { title = ui.bind(Job.n) }")
    fails("ui.bind is for the value of an input", page "ui.input { type = 'submit', value = ui.bind(Job.n) }")
    fails("a checkbox belongs into `checked`", page "ui.input { type = 'checkbox', value = ui.bind(Job.n) }")
    fails("a control belongs into `value`", page "ui.input { checked = ui.bind(Job.n) }")
    fails("ui.bind is no child", page "ui.p { ui.bind(Job.n) }")
    fails("needs a `value` of its own", page "ui.input { type = 'radio', checked = ui.bind(Job.n) }")
    fails("Job.n: a number is expected, and the input is \"x\"", page "ui.input { type = 'radio', value = 'x', checked = ui.bind(Job.n) }")
    fails("a control belongs into `value`", page "ui.input { value = Job.n, title = ui.bind(Job.n) }")
  end)
end)
