using System.Globalization;

namespace Hydra.Engine.Replay;

/// <summary>
/// The calls of one execution: which keys are used, which calls are outstanding, in the order of issue.
/// </summary>
internal sealed class CallTable
{
    private readonly Dictionary<string, int> _occurrences = [];
    private readonly HashSet<string> _used = [];
    private readonly Dictionary<string, LinkedListNode<Call>> _byKey = [];
    private readonly LinkedList<Call> _outstanding = new();
    private int _ordinal;

    public int Count => _outstanding.Count;

    /// <summary>In the order of issue.</summary>
    public IEnumerable<Call> Outstanding => _outstanding;

    public Call? Find(string key) => _byKey.TryGetValue(key, out var node) ? node.Value : null;

    /// <summary>Gives a call its key: the name plus its occurrence, or the key that the user gave.</summary>
    public string TakeKey(string name, string? explicitKey)
    {
        if (explicitKey is not null)
        {
            return _used.Add(explicitKey)
                ? explicitKey
                : throw new ArgumentException(
                    $"The step key '{explicitKey}' was used before in this execution. Give each call its own.");
        }

        while (true)
        {
            var occurrence = _occurrences[name] = _occurrences.GetValueOrDefault(name) + 1;
            var key = occurrence == 1
                ? name
                : string.Create(CultureInfo.InvariantCulture, $"{name}#{occurrence}");
            if (_used.Add(key))
            {
                return key;
            }
        }
    }

    public void Add(Call call)
    {
        call.Ordinal = _ordinal++;
        _byKey.Add(call.Key, _outstanding.AddLast(call));
    }

    public void Remove(Call call)
    {
        call.Done = true;
        call.Withdrawal.Unregister();
        if (_byKey.Remove(call.Key, out var node))
        {
            _outstanding.Remove(node);
        }
    }

    /// <summary>An outcome was delivered: ordinals begin anew.</summary>
    public void BeginPosition() => _ordinal = 0;
}
