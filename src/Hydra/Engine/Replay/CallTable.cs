using System.Globalization;
using System.Runtime.InteropServices;

namespace Hydra.Engine.Replay;

/// <summary>
/// The calls of one execution: which keys are used, which calls are outstanding, in the order of issue.
/// </summary>
internal sealed class CallTable
{
    private readonly Dictionary<string, Use> _uses = []; // Of every name and key that the code has used.
    private Call? _first;
    private Call? _last;
    private int _ordinal;

    public int Count { get; private set; }

    /// <summary>
    /// The outstanding call that was issued first; <see cref="Call.Next"/> leads on in the order of issue.
    /// </summary>
    public Call? First => _first;

    /// <summary>In the order of issue. A call may be removed while it is looked at.</summary>
    public IEnumerable<Call> Outstanding
    {
        get
        {
            for (var call = _first; call is not null;)
            {
                var next = call.Next;
                yield return call;
                call = next;
            }
        }
    }

    public Call? Find(string key) => _uses.TryGetValue(key, out var use) ? use.Call : null;

    /// <summary>Gives a call its key: the name plus its occurrence, or the key that the user gave.</summary>
    public string TakeKey(string name, string? explicitKey)
    {
        if (explicitKey is not null)
        {
            return TryTake(explicitKey)
                ? explicitKey
                : throw new ArgumentException(
                    $"The step key '{explicitKey}' was used before in this execution. Give each call its own.");
        }

        while (true)
        {
            var occurrence = ++UseOf(name).Occurrences;
            var key = occurrence == 1
                ? name
                : string.Create(CultureInfo.InvariantCulture, $"{name}#{occurrence}");
            if (TryTake(key))
            {
                return key;
            }
        }
    }

    public void Add(Call call)
    {
        call.Ordinal = _ordinal++;
        UseOf(call.Key).Call = call;
        call.Previous = _last;
        if (_last is null)
        {
            _first = call;
        }
        else
        {
            _last.Next = call;
        }

        _last = call;
        Count++;
    }

    public void Remove(Call call)
    {
        call.Withdrawal.Unregister();
        if (call.Done)
        {
            return;
        }

        call.Done = true;
        UseOf(call.Key).Call = null;
        if (call.Previous is null)
        {
            _first = call.Next;
        }
        else
        {
            call.Previous.Next = call.Next;
        }

        if (call.Next is null)
        {
            _last = call.Previous;
        }
        else
        {
            call.Next.Previous = call.Previous;
        }

        Count--;
    }

    /// <summary>An outcome was delivered: ordinals begin anew.</summary>
    public void BeginPosition() => _ordinal = 0;

    private bool TryTake(string key)
    {
        ref var use = ref UseOf(key);
        if (use.IsTaken)
        {
            return false;
        }

        return use.IsTaken = true;
    }

    /// <remarks>The reference holds until the next use of a new name.</remarks>
    private ref Use UseOf(string nameOrKey) => ref CollectionsMarshal.GetValueRefOrAddDefault(_uses, nameOrKey, out _)!;

    private struct Use
    {
        public int Occurrences; // As a name.
        public bool IsTaken; // As a key.
        public Call? Call; // Issued under the key and not answered.
    }
}
