namespace Hydra.Tests.Support;

/// <summary>Where bodies wait that are posted and have not begun, as they do on a busy machine.</summary>
internal sealed class BodyGate
{
    private readonly Lock _lock = new();
    private readonly List<Action> _waiting = [];
    private bool _closed;

    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }

    public void Open()
    {
        Action[] waiting;
        lock (_lock)
        {
            _closed = false;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var begin in waiting)
        {
            begin();
        }
    }

    public void Pass(Action begin)
    {
        lock (_lock)
        {
            if (_closed)
            {
                _waiting.Add(begin);
                return;
            }
        }

        begin();
    }
}
