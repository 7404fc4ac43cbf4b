namespace Hydra.Relational.Deciding;

/// <summary>One execution of a transaction: as it was read under its lock, and as it will be written.</summary>
internal sealed class ExecutionImage(StoredExecution stored)
{
    /// <summary>The epoch and owner that were read, which the write proves again.</summary>
    public StoredExecution Before { get; } = stored;

    /// <summary>As the operations so far leave it.</summary>
    public StoredExecution Now { get; private set; } = stored;

    public JournalTail Tail { get; } = new();

    /// <summary>How it has ended, when that was asked for and it has.</summary>
    public ExecutionEnd? End { get; set; }

    /// <summary>Failed tries of its steps that another try waits for.</summary>
    public List<WaitingTry> Waiting => field ??= [];

    /// <summary>Whether the row has to be written.</summary>
    public bool Changed { get; private set; }

    public ExecutionId Id => Now.Row.Id;

    public void Become(StoredExecution next)
    {
        Now = next;
        Changed = true;
    }
}
