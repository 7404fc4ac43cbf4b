namespace Hydra.Soak.Chaos;

internal enum Fault
{
    /// <summary>kill -9.</summary>
    Kill,

    /// <summary>SIGSTOP for three claim timeouts, then SIGCONT.</summary>
    Stop,
}
