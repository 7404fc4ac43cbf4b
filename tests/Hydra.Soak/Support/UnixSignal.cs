namespace Hydra.Soak.Support;

internal enum UnixSignal
{
    Terminate,
    Stop,
    Continue,
    Interrupt,
}
