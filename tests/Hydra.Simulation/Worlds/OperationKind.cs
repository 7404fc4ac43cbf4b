namespace Hydra.Simulation.Worlds;

/// <summary>What a commit may hold: the operations, and advances by how they end the ownership.</summary>
internal enum OperationKind
{
    Start,
    KeyedStart,
    Advance,
    Finish,
    Suspend,
    TryAgain,
    Release,
    Refuse,
    Cancel,
    Terminate,
    Retry,
}
