using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Kinds of calls in every way in which they can fail, as rows of a theory.</summary>
public static class FaultRows
{
    /// <summary>What a store must not do, and what a process may at any time.</summary>
    private static readonly StoreFault[] Worse =
    [
        StoreFault.ForeignBeforeCall,
        StoreFault.ForeignAfterCall,
        StoreFault.CrashBeforeCall,
        StoreFault.CrashAfterCall,
    ];

    /// <summary>Calls that any engine makes.</summary>
    public static TheoryData<StoreCallKind, string> OfAll =>
        Of(static kind => kind <= StoreCallKind.Query, static kind => StoreFault.For(kind));

    /// <summary>Calls of an engine whose workflow has a transactional step.</summary>
    public static TheoryData<StoreCallKind, string> OfSteps => Of(
        static kind => kind is StoreCallKind.Claim or StoreCallKind.Commit or StoreCallKind.Heartbeat
            or StoreCallKind.Maintain or > StoreCallKind.Write and <= StoreCallKind.ReadLanded,
        static kind => [.. StoreFault.For(kind).Where(fault => !Blocks(kind, fault)), .. Worse]);

    /// <summary>Calls in a transaction of a caller.</summary>
    public static TheoryData<StoreCallKind, string> OfStarts =>
        Of(static kind => kind == StoreCallKind.Write, static kind => [.. StoreFault.For(kind), .. Worse]);

    /// <summary>Ways in which a call in a caller's transaction fails, and whether the transaction goes on.</summary>
    public static TheoryData<string, bool> OfRefusals
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var fault in StoreFault.For(StoreCallKind.Write).Concat(Worse[..2]))
            {
                data.Add(
                    fault.ToString(),
                    fault.Blocked || fault.Kind is StoreErrorKind.NotSent or StoreErrorKind.Deterministic
                        or StoreErrorKind.Unavailable);
            }

            return data;
        }
    }

    /// <summary>The fault of a row.</summary>
    public static StoreFault Named(StoreCallKind kind, string name) =>
        StoreFault.For(kind).Concat(Worse).Single(one => one.ToString() == name);

    /// <summary>What a store says that it will never tell blocks the execution, which does not end then.</summary>
    private static bool Blocks(StoreCallKind kind, StoreFault fault) =>
        fault.Kind == StoreErrorKind.Deterministic
        && kind is StoreCallKind.Bar or StoreCallKind.ReadLanded;

    private static TheoryData<StoreCallKind, string> Of(
        Func<StoreCallKind, bool> isMeant, Func<StoreCallKind, IReadOnlyList<StoreFault>> faults)
    {
        var data = new TheoryData<StoreCallKind, string>();
        foreach (var kind in Enum.GetValues<StoreCallKind>().Where(isMeant))
        {
            foreach (var fault in faults(kind))
            {
                data.Add(kind, fault.ToString());
            }
        }

        return data;
    }
}
