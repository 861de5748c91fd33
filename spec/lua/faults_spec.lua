-- faults_spec.lua: a host that is restarted, and messages that are lost or come twice (docs/testing.md), each alone and at random.
-- FAULTS=n in the environment: how many seeds.
local tl, t = require "tidelock", require "tidelock.testing"
local generator = require "spec.lua.support.random"
local kit = require "spec.lua.apps.tasks_kit"

local APP = "spec/lua/apps/chaos.lua"
local SEEDS <const> = tonumber(os.getenv "FAULTS") or 60

local function n_of(tab) return tab:state "Sum".n end

describe("a restart", function()
  -- holds: testing.restart, token.unknown
  it("gives each page that was connected a fresh state, a new token, and on_load", function()
    local one, two, away = t.open(APP, "/"), t.open(APP, "/"), t.open(APP, "/")
    one:click "add"
    away:click "add"
    away:disconnect()
    local token = one.link.token
    t.restart()
    assert.not_equal(token, one.link.token)
    assert.not_equal(one.link.token, two.link.token)
    assert.same({ 0, 1, 0 }, { n_of(one), one:state "Sum".loads, n_of(two) })
    assert.equal(7, n_of(away)) -- it does not know so far
    away:reconnect()
    assert.equal(0, n_of(away))
    one:click "add"
    assert.equal("7", one:text "p")
  end)

  -- holds: testing.restart.end
  it("cancels the tasks and awaits them, then ends the lifespans, and starts those of the new host", function()
    local log = {}
    package.loaded.lifespan_log = log
    local tab = t.open("spec/lua/apps/lifespan.lua", "/")
    tab:click "Go"
    assert.equal(1, #tl.tasks())
    t.restart()
    assert.same({ "opened", "work ended", "child closed", "closed", "opened" }, log)
    assert.same({}, tl.tasks())
    t.advance(10)
    assert.equal("beat", log[6])
  end)

  it("rolls back what is at work; what waits in line goes to the next host, once", function()
    local tab = t.open(APP, "/")
    tab:click "slow" -- at work: 5 after 0.3 s
    tab:click "add" -- in line
    tab:click "write"
    t.restart()
    t.advance(10)
    assert.same({ 7, "x" }, { n_of(tab), tab:state "Sum".text })
    assert.same({}, tab.link.queue)
  end)

  it("lets what the page did not hear of happen on the fresh state", function()
    local tab = t.open(APP, "/")
    tab:click "write"
    tab:stall "host"
    tab:click "add"
    tab:click "add"
    t.restart()
    assert.same({ 14, "" }, { n_of(tab), tab:state "Sum".text })
  end)

  it("takes the events of the time when the host is down", function()
    local tab = t.open(APP, "/")
    t.restart(function()
      tab:click "add"
      tab:click "add"
      assert.equal(2, #tab.link.queue)
      t.advance(60)
    end)
    assert.equal(14, n_of(tab))
  end)

  it("gives back what the browser keeps", function()
    local tab = t.open("spec/lua/apps/kept.lua", "/")
    tab:send_event("Prefs.set", { "theme", "dark" })
    t.settle()
    t.restart()
    assert.same({ "dark", "DARK", 10 }, { tab:state "Prefs".theme, tab:state "Prefs".shout, tab:state "Prefs".size })
  end)

  it("takes the time of the cleanup, and no more", function()
    local tab = kit.open()
    local ended
    kit.background(tab, function()
      local _ <close> = tl.defer(function()
        tl.sleep(0.25)
        ended = tl.now()
      end)
      tl.sleep(1000)
    end)
    local start = tl.now()
    t.restart()
    assert.same({ 0.25, 0.25 }, { ended - start, tl.now() - start })
    assert.same({}, tl.tasks())
  end)

  it("kills what does not end in shutdown_time", function()
    local tab = kit.open { config = { shutdown_time = 2, cleanup_time = 100 } }
    kit.background(tab, function()
      local _ <close> = tl.defer(function() tl.sleep(50) end)
      tl.sleep(1000)
    end)
    local start = tl.now()
    t.restart()
    assert.equal(2, tl.now() - start)
    assert.matches("shutdown: 1 tasks did not end in time and are killed", t.log())
    assert.same({}, tl.tasks())
  end)

  it("keeps stubs, the storage, and what was lost before", function()
    local tab = kit.open()
    local stub = t.http_stub { url = "https://a.test/", delay = 5 }
    kit.background(tab, function() tl.http.get "https://a.test/" end)
    t.restart()
    kit.background(tab, function() tl.http.get "https://a.test/" end)
    t.advance(5)
    assert.equal(2, #stub.requests)
    assert.same({}, tl.tasks())
  end)

  it("may come several times, and after a page is closed", function()
    local one, two = t.open(APP, "/"), t.open(APP, "/")
    t.restart()
    one:close()
    t.restart(function() two:click "add" end)
    t.restart(function() two:close() end)
    local three = t.open(APP, "/")
    three:click "add"
    assert.equal(7, n_of(three))
  end)

  it("ends the handles of luv that the app had, and not the spec's", function()
    local uv = require "luv"
    local tab, own, apps = kit.open(), uv.new_timer(), nil
    kit.background(tab, function() apps = uv.new_timer() end)
    t.restart()
    assert.is_false(own:is_closing())
    own:close()
    assert.is_true(not pcall(apps.is_closing, apps) or apps:is_closing())
  end)

  it("leaves no host when main.lua does not load", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local function write(text)
      local file = assert(io.open(path, "w"))
      file:write(text)
      file:close()
    end
    write 'local tl = require "tidelock" tl.page("/", function() return tl.ui.p "here" end)'
    local tab = t.open(path, "/")
    write "error 'broken'"
    local ok, err = pcall(t.restart)
    assert.is_false(ok)
    assert.matches("broken", tostring(err))
    assert.is_false((pcall(tab.reconnect, tab)))
  end)

  it("says what cannot be", function()
    local function fails(text, fn)
      local ok, err = pcall(fn)
      assert.is_false(ok)
      assert.equal(text, (tostring(err):gsub("^[%w_/]+%.lua:%d+: ", "")))
    end
    fails("t.restart: no app runs; t.open loads one", function() t.restart() end)
    local tab = t.open(APP, "/")
    fails("t.restart: what is called meanwhile is a function, got 5", function() t.restart(5) end)
    t.restart(function()
      fails("the host is down: no page can connect to it", function() tab:reconnect() end)
      fails("t.open: the host is down; open it before or after t.restart", function() t.open(APP, "/") end)
      fails("t.restart: the host is down already", function() t.restart() end)
      fails("the host is down: no page can be fetched from it", function() tab:go "/" end)
    end)
    fails("oops", function() t.restart(function() error "oops" end) end)
  end)
end)

describe("a message of the host", function()
  -- holds: testing.lose
  it("that is lost is missed when the next one comes: the page asks for all, and each click has its effect once", function()
    local tab = t.open(APP, "/")
    tab:lose "host"
    tab:click "add"
    assert.equal("0", tab:text "p")
    local peer = tab.link.peer
    tab:click "add"
    assert.not_equal(peer, tab.link.peer)
    assert.same({ 14, {} }, { n_of(tab), tab.link.queue })
    assert.equal(1, tab:state "Sum".loads)
  end)

  -- holds: testing.double
  it("that comes twice is noticed at once", function()
    local tab = t.open(APP, "/")
    tab:double("host", 1)
    tab:click "add"
    assert.same({ 7, {} }, { n_of(tab), tab.link.queue })
    tab:click "add"
    assert.equal(14, n_of(tab))
  end)

  it("may be one of several", function()
    local tab = t.open(APP, "/")
    tab:lose("host", 3)
    for _ = 1, 3 do tab:click "add" end
    assert.equal(0, n_of(tab))
    tab:click "add"
    assert.equal(28, n_of(tab))
  end)

  it("is no more lost when the connection is another", function()
    local tab = t.open(APP, "/")
    tab:lose("host", 100)
    tab:disconnect()
    tab:reconnect()
    tab:click "add"
    assert.equal(7, n_of(tab))
  end)
end)

describe("a message of the page", function()
  -- holds: testing.lose
  it("that is lost is sent again when the page comes back, once", function()
    local tab = t.open(APP, "/")
    tab:lose "page"
    tab:click "add"
    tab:click "write"
    assert.same({ 0, "x", 1 }, { n_of(tab), tab:state "Sum".text, #tab.link.queue })
    tab:disconnect()
    tab:reconnect()
    assert.same({ 7, "x", 0 }, { n_of(tab), tab:state "Sum".text, #tab.link.queue })
  end)

  -- holds: testing.double, client.once
  it("that comes twice has its effect once", function()
    local tab = t.open(APP, "/")
    tab:double("page", 3)
    for _, name in ipairs { "add", "slow", "steps" } do tab:click(name) end
    t.advance(5)
    assert.equal(15, n_of(tab))
    assert.is_nil(tab:closed())
  end)

  it("that comes twice after it was held up, too", function()
    local tab = t.open(APP, "/")
    tab:stall "page"
    tab:double "page"
    tab:click "add"
    tab:click "write"
    tab:flow()
    assert.same({ 7, "x" }, { n_of(tab), tab:state "Sum".text })
  end)

  it("is named by page or host, and counted from 1", function()
    local tab = t.open(APP, "/")
    local function fails(pattern, fn, ...)
      local ok, err = pcall(fn, ...)
      assert.is_false(ok)
      assert.matches(pattern, err)
    end
    fails('tab:lose: "page" or "host", whose message it is, not nil', tab.lose, tab)
    fails('tab:double: "page" or "host", whose message it is, not the string "both"', tab.double, tab, "both")
    fails("tab:lose: how many messages is an integer from 1 on, not 0", tab.lose, tab, "page", 0)
  end)
end)

describe("a fresh host", function()
  it("knows no token of the one before, also in an order that comes again", function()
    t.seed(3)
    local tabs, old = { t.open(APP, "/"), t.open(APP, "/") }, {}
    for _, tab in ipairs(tabs) do old[tab.link.token] = true end
    t.restart()
    for _, tab in ipairs(tabs) do
      assert.is_nil(old[tab.link.token])
      assert.equal(1, tab:state "Sum".loads)
    end
  end)
end)

-- At random ---------------------------------------------------------------------------------------

-- What a click adds to n.
local clicks = { { "add", 7 }, { "slow", 5 }, { "steps", 3 }, { "chain", 1 }, { "write", 0 }, { "push", 0 } }

local function click(player, rnd)
  if #player.tab.link.queue >= 100 then return end
  local name, n = table.unpack(clicks[rnd(#clicks)])
  player.tab:click(name)
  player.n, player.of[player.tab.link.last_id] = player.n + n, n
end

local function connected(fn)
  return function(player)
    if player.tab.link.peer then fn(player.tab) end
  end
end

local faults = {
  connected(function(tab) tab:lose "page" end),
  connected(function(tab) tab:lose "host" end),
  connected(function(tab) tab:double "page" end),
  connected(function(tab) tab:double "host" end),
  connected(function(tab) tab:stall "host" end),
  connected(function(tab) tab:stall "page" end),
  function(player) player.tab:flow() end,
  function(player) player.tab:disconnect() end,
  function(player) player.tab:reconnect() end,
}

-- What the page has not heard of is what the fresh state gets.
local function restart(players)
  t.restart(function()
    for _, player in ipairs(players) do
      player.n = 0
      for _, entry in ipairs(player.tab.link.queue) do player.n = player.n + (player.of[entry.id] or 0) end
    end
  end)
end

local function play(seed)
  local rnd = generator(seed)
  t.seed(seed % 4 == 0 and 0 or seed)
  local players = {}
  for i = 1, 2 do players[i] = { tab = t.open(APP, "/"), n = 0, of = {} } end
  for _ = 1, 40 do
    local player = players[rnd(2)]
    if rnd(3) > 1 then click(player, rnd) else faults[rnd(#faults)](player) end
    if rnd(25) == 1 then restart(players) end
    if rnd(3) == 1 then t.advance(rnd(5) / 20) end
  end
  for _, player in ipairs(players) do
    player.tab:flow()
    player.tab:reconnect()
  end
  t.advance(60)
  for _, player in ipairs(players) do
    assert.same({ player.n, {} }, { n_of(player.tab), player.tab.link.queue })
    assert.equal(1, player.tab:state "Sum".loads)
    player.tab:close()
  end
end

describe("all of them at random", function()
  for first = 1, SEEDS, 20 do
    -- holds: client.once, testing.restart, testing.lose, testing.double
    it(("lose and double no click, with the seeds from %d"):format(first), function()
      for seed = first, first + 19 do
        local ok, err = pcall(play, seed)
        if not ok then error(("seed %d: %s"):format(seed, tostring(err)), 0) end
      end
    end)
  end
end)
