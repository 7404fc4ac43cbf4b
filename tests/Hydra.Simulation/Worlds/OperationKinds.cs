using System.Diagnostics;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

internal static class OperationKinds
{
    public static OperationKind Kind(this StoreOperation operation) => operation switch
    {
        StartOperation { Key: null } => OperationKind.Start,
        StartOperation => OperationKind.KeyedStart,
        AdvanceOperation advance => advance.Settlement switch
        {
            null => OperationKind.Advance,
            Settlement.Finished => OperationKind.Finish,
            Settlement.Suspended => OperationKind.Suspend,
            Settlement.Retry => OperationKind.TryAgain,
            Settlement.Released => OperationKind.Release,
            Settlement.Refused => OperationKind.Refuse,
            _ => throw new UnreachableException(),
        },
        CancelOperation => OperationKind.Cancel,
        TerminateOperation => OperationKind.Terminate,
        RetryOperation => OperationKind.Retry,
        _ => throw new UnreachableException(),
    };
}
