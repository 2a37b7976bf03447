#!lua name=rulelang1

-- What must be one step on the server. All keys of one call share a hash tag. No rules are known here and nothing is computed: everything that is
-- written was made by the client, and is written where that from which it was made still stands.
-- The store loads this by itself where it may; else whoever runs the server does:
--   redis-cli -x FUNCTION LOAD < redis_functions.lua
-- A change here needs another name for the library, so that services of two versions can run side by side.

-- Add an entry to the journal where the last one is that to which it is chained; else give the entries that come first, and a place in the queue.
-- KEYS: the journal; the queue of those who came too late. ARGV: the digest to which it is chained; its ID, digest, mark, content; from which ID on and
-- how many entries are given; the writer; whether it lets the first of the queue go first (1 or 0), and for how long the queue is kept (ms).
-- The queue is a courtesy: without it, who is slower than the others would always come too late. An entry has the fields d (digest), w (mark), e (content).
local function append(keys, args)
  local last = redis.call('XREVRANGE', keys[1], '+', '-', 'COUNT', '1')[1]
  local digest = last and last[2][2] or string.rep('\0', 32)
  if digest ~= args[1] then
    if not redis.call('LPOS', keys[2], args[8]) then
      redis.call('RPUSH', keys[2], args[8])
    end
    redis.call('PEXPIRE', keys[2], args[10])
    return redis.call('XRANGE', keys[1], args[6], '+', 'COUNT', args[7])
  end
  local first = redis.call('LINDEX', keys[2], '0')
  if first and first ~= args[8] then
    if args[9] == '1' then
      return redis.status_reply('QUEUE')
    end
    redis.call('LPOP', keys[2]) -- it does not come
  end
  redis.call('XADD', keys[1], args[2], 'd', args[3], 'w', args[4], 'e', args[5])
  redis.call('LREM', keys[2], '1', args[8])
  return redis.status_reply('OK')
end

-- Add to lists of items where the notes are still those that were read, and replace these.
-- KEYS: the notes; the lists. ARGV: the notes that were read ('': none), the new ones, the ID of what is added; for each list the content.
local function save(keys, args)
  if (redis.call('GET', keys[1]) or '') ~= args[1] then
    return redis.status_reply('CHANGED')
  end
  for index, key in ipairs(keys) do
    if index > 1 then
      redis.call('XADD', key, args[3], 'c', args[index + 2])
    end
  end
  redis.call('SET', keys[1], args[2])
  return redis.status_reply('OK')
end

-- Put other lists in the place of those that the notes name, where the notes are still those that were read.
-- KEYS: the notes; the lists. ARGV: the notes that were read ('': none), the new ones; for each list 'keep' (it was written under a time limit, which is
-- lifted), or for how many seconds it is still kept for those who are reading it.
local function turn(keys, args)
  if (redis.call('GET', keys[1]) or '') ~= args[1] then
    return redis.status_reply('CHANGED')
  end
  for index, key in ipairs(keys) do
    if index > 1 and args[index + 1] == 'keep' and redis.call('EXISTS', key) == 0 then
      return redis.status_reply('GONE')
    end
  end
  for index, key in ipairs(keys) do
    if index > 1 and args[index + 1] == 'keep' then
      redis.call('PERSIST', key)
    elseif index > 1 then
      redis.call('EXPIRE', key, args[index + 1])
    end
  end
  redis.call('SET', keys[1], args[2])
  return redis.status_reply('OK')
end

redis.register_function('rulelang1_append', append)
redis.register_function('rulelang1_save', save)
redis.register_function('rulelang1_turn', turn)
