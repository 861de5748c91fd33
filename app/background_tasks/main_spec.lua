-- The two demos, driven without a browser, on virtual time.
local tl, t = require "tidelock", require "tidelock.testing"

local APP = "app/background_tasks/main.lua"

describe("my task", function()
  it("counts to ten at two a second, in twelve commits, and leaves no task", function()
    local tab = t.open(APP, "/")
    tab:click "Start"
    assert.equal("1 /", tab:text "#my-task h2")
    t.advance(0.5)
    assert.equal("2 /", tab:text "#my-task h2")
    t.advance(4)
    assert.equal("10 /", tab:text "#my-task h2")
    assert.is_true(tab:state "MyTask".running)
    t.advance(0.5)
    assert.is_false(tab:state "MyTask".running)
    assert.equal(12, #tab:deltas())
    assert.same({}, tl.tasks())
  end)

  it("keeps one loop and its beat when it is stopped and started again between two ticks", function()
    local tab = t.open(APP, "/")
    tab:click "Start"
    t.advance(0.7)
    tab:click "Stop"
    t.advance(0.1)
    tab:click "Start"
    assert.equal("2 /", tab:text "#my-task h2")
    assert.equal(1, #tl.tasks())
    t.advance(0.2)
    assert.equal("3 /", tab:text "#my-task h2")
    t.advance(0.5)
    assert.equal("4 /", tab:text "#my-task h2")
  end)

  it("stays alive meanwhile: reset and the maximum act at once", function()
    local tab = t.open(APP, "/")
    tab:click "Start"
    t.advance(2)
    assert.equal("5 /", tab:text "#my-task h2")
    tab:click "Reset"
    assert.equal("0 /", tab:text "#my-task h2")
    tab:change("#my-task input", 3)
    t.advance(0.5)
    assert.equal("1 /", tab:text "#my-task h2")
    t.advance(10)
    assert.equal("3 /", tab:text "#my-task h2")
    assert.is_false(tab:state "MyTask".running)
  end)

  it("keeps two tabs apart", function()
    local one, two = t.open(APP, "/"), t.open(APP, "/")
    one:click "Start"
    t.advance(1)
    assert.equal("3 /", one:text "#my-task h2")
    assert.equal("0 /", two:text "#my-task h2")
  end)

  it("goes on while the page is away, and catches up when it is back", function()
    local tab = t.open(APP, "/")
    tab:click "Start"
    t.advance(1)
    tab:disconnect()
    t.advance(1)
    assert.equal("3 /", tab:text "#my-task h2")
    tab:reconnect()
    assert.equal("5 /", tab:text "#my-task h2")
  end)

  it("stops in the copy when the browser tab is duplicated, and starts there again", function()
    local tab = t.open(APP, "/")
    tab:click "Start"
    t.advance(1)
    local copy = tab:duplicate()
    assert.equal("3 /", copy:text "#my-task h2")
    assert.is_false(copy:state "MyTask".running)
    t.advance(1)
    assert.equal("5 /", tab:text "#my-task h2")
    assert.equal("3 /", copy:text "#my-task h2")
    copy:click "Start"
    t.advance(1)
    assert.equal("6 /", copy:text "#my-task h2")
  end)

  it("never sends its backend var", function()
    local tab = t.open(APP, "/")
    tab:click "Start"
    assert.is_nil(tab:state "MyTask"._n_tasks)
  end)
end)

describe("low level", function()
  it("shows that it loads, then the line", function()
    local tab = t.open(APP, "/")
    tab:click "Fetch Data"
    assert.equal("loading …", tab:text "#result")
    assert.has_error(function() tab:click "Fetch Data" end)
    t.advance(1)
    assert.equal("The tide waits for no one, and this page does not wait for the tide.", tab:text "#result")
    assert.same({}, tl.tasks())
  end)

  it("is free again in the copy when the browser tab is duplicated meanwhile", function()
    local get = tl.http.get
    local _ <close> = setmetatable({}, { __close = function() tl.http.get = get end })
    tl.http.get = function() -- luacheck: ignore
      tl.sleep(1)
      return { status = 200, body = "a line" }
    end
    local tab = t.open(APP, "/")
    tab:click "Fetch Data"
    local copy = tab:duplicate()
    assert.is_false(copy:state "LowLevel".loading)
    assert.is_true(tab:state "LowLevel".loading)
    copy:click "Fetch Data"
    t.advance(1)
    assert.is_false(copy:state "LowLevel".loading)
    assert.is_false(tab:state "LowLevel".loading)
  end)
end)
