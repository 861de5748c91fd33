--- complaints.lua: what went wrong in a spec where no line of the spec could be told: told at its next step. Uses nothing.

local complaints = {}

local texts = {}

---@param text string
function complaints.add(text)
  for _, known in ipairs(texts) do
    if known == text then return end
  end
  texts[#texts + 1] = text
end

---Forgets all.
function complaints.clear() texts = {} end

---Raises those that there are, once.
function complaints.raise()
  if #texts == 0 then return end
  local told = texts
  texts = {}
  error(table.concat(told, "\n"), 0)
end

return complaints
