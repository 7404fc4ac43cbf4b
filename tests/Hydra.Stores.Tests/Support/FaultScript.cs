namespace Hydra.Stores.Tests;

/// <summary>Lets one call fail, once, in whichever process comes to it first.</summary>
/// <param name="failing">The call.</param>
/// <param name="fault">How it fails.</param>
/// <param name="before">How the first commit of a step's transaction fails before that; null when it does not.</param>
internal sealed class FaultScript(StoreCall failing, StoreFault fault, StoreFault? before)
{
    private readonly Lock _lock = new();
    private bool _hasBegun;

    public StoreCall Failing => failing;

    public StoreFault Fault => fault;

    /// <summary>Whether there was such a call.</summary>
    public bool IsReached { get; private set; }

    /// <summary>Set when nothing is to fail any more.</summary>
    public bool IsOver { get; set; }

    public StoreFault? Decide(StoreCall call)
    {
        lock (_lock)
        {
            if (before is not null && !_hasBegun && call == new StoreCall(StoreCallKind.CommitTransaction, 1))
            {
                _hasBegun = true;
                return before;
            }

            var fails = !IsOver && !IsReached && call == failing;
            IsReached |= fails;
            return fails ? fault : null;
        }
    }

    public override string ToString() =>
        $"{fault}, {failing.Number} of {failing.Kind}{(before is null ? "" : $", the first commit {before}")}";
}
