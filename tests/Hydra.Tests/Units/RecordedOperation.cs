using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Tests.Units;

/// <summary>An operation that keeps what became of it.</summary>
internal sealed class RecordedOperation(StoreOperation operation) : PendingOperation(operation)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _withdrawn;
    private int _looks;

    public Task Ended => _ended.Task;

    public StoreException? Error { get; private set; }

    /// <summary>Whether it throws when it hears of its end.</summary>
    public bool Breaks { get; init; }

    /// <summary>What whoever waits for it does at once when it hears that it failed.</summary>
    public Action? OnFailed { get; init; }

    /// <summary>Until when it is tried.</summary>
    public long? Patience { get; init; }

    public override bool IsWithdrawn => _withdrawn;

    /// <summary>How often its patience was asked for.</summary>
    public int Looks => Volatile.Read(ref _looks);

    public override long? PatienceEnds
    {
        get
        {
            Interlocked.Increment(ref _looks);
            return Patience;
        }
    }

    /// <summary>A start of which only the execution and the key matter.</summary>
    public static StartOperation Start(ExecutionId id, string? key) => new()
    {
        Id = id,
        Workflow = "test",
        Key = key,
        InputHash = "",
        Input = new JournalEntry { Seq = 0, Kind = EntryKind.Input, At = default, Epoch = 0 },
        MaxAttempts = 1,
        RetryBackoff = TimeSpan.Zero,
    };

    public void Withdraw() => _withdrawn = true;

    public override void Answered(OperationAnswer answer) => End();

    public override void Failed(StoreException error)
    {
        Error = error;
        OnFailed?.Invoke();
        End();
    }

    private void End()
    {
        _ended.SetResult();
        if (Breaks)
        {
            throw new FormatException("A mistake behind the answer.");
        }
    }
}
