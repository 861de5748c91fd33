-- channel_spec.lua: tl.channel: values from tasks to tasks (docs/structure.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local function collect(ch)
  local out = {}
  for v in ch:each() do out[#out + 1] = v end
  return out
end

describe("tl.channel", function()
  -- holds: channel.order
  it("hands values over in their order, by reference; each() ends when it is closed", function()
    kit.open()
    local ch = tl.channel()
    local value = { print }
    tl.spawn(function()
      for _, v in ipairs { 1, "two", value } do ch:send(v) end
      ch:send(false)
      ch:close()
    end)
    local got = collect(ch)
    assert.same({ 1, "two", value, false }, got)
    assert.equal(value, got[3])
    assert.same({ nil, "closed", n = 2 }, table.pack(ch:receive()))
  end)

  -- holds: channel.room
  it("lets a sender wait for a receiver, or for room", function()
    kit.open()
    for capacity = 0, 3 do
      local ch = tl.channel(capacity)
      local sent = 0
      local sender = tl.spawn(function()
        for i = 1, 10 do
          ch:send(i)
          sent = i
        end
      end)
      tl.sleep(1)
      assert.equal(capacity, sent)
      assert.equal(1, ch:receive())
      tl.sleep(0)
      assert.equal(capacity + 1, sent)
      for i = 2, 10 do assert.equal(i, ch:receive()) end
      sender:await()
    end
  end)

  it("serves receivers in the order in which they came", function()
    kit.open()
    local ch, log = tl.channel(2), {}
    for i = 1, 3 do tl.spawn(function() log[i] = ch:receive() end) end
    tl.sleep(0)
    for _, v in ipairs { "a", "b", "c" } do ch:send(v) end
    assert.same({ nil, "nothing" }, { ch:try_receive(), "nothing" })
    tl.sleep(0)
    assert.same({ "a", "b", "c" }, log)
  end)

  it("has try_send and try_receive, which do not wait", function()
    kit.open()
    local ch = tl.channel(1)
    assert.is_nil(ch:try_receive())
    assert.is_true(ch:try_send "a")
    assert.is_false(ch:try_send "b")
    assert.equal("a", ch:try_receive())
    local task = tl.spawn(function() return ch:receive() end)
    tl.sleep(0)
    assert.is_true(ch:try_send "c")
    assert.equal("c", task:await())
    ch:close()
    assert.same({ nil, "closed", n = 2 }, table.pack(ch:try_receive()))
  end)

  -- holds: channel.close
  it("closed: what is in it is received still, nothing more is sent, and who waits is told", function()
    kit.open()
    local ch = tl.channel(1)
    ch:send "in"
    local sender = tl.spawn(function() kit.raises("ClosedError", "closed", ch.send, ch, "out") end)
    tl.sleep(0)
    ch:close()
    ch:close()
    sender:await()
    kit.raises("ClosedError", "closed", ch.send, ch, 1)
    kit.raises("ClosedError", "closed", ch.try_send, ch, 1)
    assert.equal("in", ch:receive())
    assert.same({ nil, "closed", n = 2 }, table.pack(ch:receive()))
    local empty = tl.channel()
    local receiver = tl.spawn(function() return select("#", empty:receive()), collect(empty) end)
    tl.sleep(0)
    empty:close()
    assert.same({ 2, {} }, { receiver:await() })
  end)

  -- holds: channel.cancel
  it("loses no value to a cancel: who has it keeps it, who has not leaves the line", function()
    kit.open()
    local ch = tl.channel()
    local got, raised
    local receiver = tl.spawn(function()
      got = ch:receive()
      raised = select(2, pcall(ch.receive, ch))
    end)
    tl.sleep(0)
    ch:send "kept"
    receiver:cancel()
    tl.sleep(0)
    assert.equal("kept", got)
    assert.is_true(tl.is_error(raised, "CancelledError"))
    local gone = tl.spawn(function() ch:receive() end)
    tl.sleep(0)
    gone:cancel()
    local sender = tl.spawn(function() ch:send "never" end)
    tl.sleep(0)
    sender:cancel()
    tl.sleep(0)
    assert.is_nil(ch:try_receive())
    kit.raises("TimeoutError", nil, tl.timeout, 1, ch.receive, ch)
    kit.raises("TimeoutError", nil, tl.timeout, 1, ch.send, ch, 1)
    assert.is_nil(ch:try_receive())
  end)

  it("raises a pending cancel before it takes or gives anything", function()
    kit.open()
    local ch = tl.channel(5)
    ch:send "stays"
    local task = tl.spawn(function()
      tl.current_task():cancel()
      kit.raises("CancelledError", nil, ch.receive, ch)
      kit.raises("CancelledError", nil, ch.send, ch, "never")
    end)
    tl.sleep(0)
    assert.equal("done", task.status)
    assert.equal("stays", ch:try_receive())
    assert.is_nil(ch:try_receive())
  end)

  it("keeps no value alive that was received, nor one that was not sent", function()
    kit.open()
    local ch = tl.channel(3)
    local weak = setmetatable({}, { __mode = "k" })
    local function thing()
      local v = {}
      weak[v] = true
      return v
    end
    ch:send(thing())
    ch:receive()
    local sender = tl.spawn(function()
      local full = tl.channel()
      weak.channel = full
      full:send(thing())
    end)
    tl.sleep(0)
    sender:cancel()
    tl.sleep(0)
    collectgarbage()
    collectgarbage()
    weak.channel = nil
    assert.is_nil(next(weak))
  end)

  it("works in a coroutine, and raises where nothing can wait", function()
    kit.open()
    local ch = tl.channel()
    tl.spawn(function()
      tl.sleep(1)
      ch:send "late"
    end)
    assert.equal("late", coroutine.wrap(function() return ch:receive() end)())
    kit.raises("CannotWaitError", "sort", table.sort, { 1, 2 }, function() ch:receive() end)
    kit.raises("CannotWaitError", "sort", table.sort, { 1, 2 }, function() ch:send(1) end)
  end)

  it("refuses nil, and what is no capacity", function()
    kit.open()
    local ch = tl.channel()
    kit.raises("TypeError", "nil cannot be sent", ch.send, ch)
    kit.raises("TypeError", "nil cannot be sent", ch.try_send, ch, nil)
    kit.raises("TypeError", "colon", ch.receive)
    for _, v in ipairs { -1, 1.5, "2", {} } do kit.raises("TypeError", nil, tl.channel, v) end
  end)

  -- holds: channel.order, channel.cancel
  it("neither loses, doubles nor reorders a value in any schedule", function()
    for seed = 1, 400 do
      kit.open()
      t.seed(seed)
      math.randomseed(seed)
      local ch = tl.channel(math.random(0, 3))
      local received, sent, cancelled_in = {}, {}, {}
      local tasks = {}
      for s = 1, 3 do
        tasks[#tasks + 1] = tl.spawn(function()
          for i = 1, 6 do
            tl.sleep(math.random(0, 2) / 8)
            local ok, err = pcall(tl.timeout, math.random(0, 4) / 8, ch.send, ch, { s, i })
            if ok then sent[s .. "/" .. i] = true
            elseif not tl.is_error(err, "TimeoutError") then error(err, 0) end
          end
        end)
      end
      local function receiver()
        local last = {}
        for v in ch:each() do
          local key = v[1] .. "/" .. v[2]
          assert(not received[key], "twice")
          received[key] = true
          assert(v[2] > (last[v[1]] or 0), "out of order")
          last[v[1]] = v[2]
          tl.sleep(math.random(0, 2) / 8)
        end
      end
      for r = 1, 3 do tasks[3 + r] = tl.spawn(receiver) end
      for _ = 1, 2 do
        tl.sleep(math.random())
        local who = math.random(4)
        cancelled_in[who] = true
        tasks[who]:cancel()
      end
      for s = 1, 3 do
        local ok, err = pcall(tasks[s].await, tasks[s])
        assert(ok or cancelled_in[s], err)
      end
      ch:close()
      for r = 4, 6 do
        local ok, err = pcall(tasks[r].await, tasks[r])
        assert(ok or cancelled_in[r], err)
      end
      for v in ch:each() do received[v[1] .. "/" .. v[2]] = true end
      for key in pairs(sent) do assert(received[key], "lost " .. key) end
      -- What was received without its sender knowing: at most the one whose sender was cancelled at that moment.
      for key in pairs(received) do assert(sent[key] or cancelled_in[tonumber(key:match "^%d")], "not sent " .. key) end
      t.seed(0)
    end
  end)
end)
