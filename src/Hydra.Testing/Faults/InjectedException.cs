namespace Hydra.Testing;

/// <summary>Stands where the exception of a driver would, by which a transaction's fate is judged.</summary>
internal sealed class InjectedException(StoreFault fault) : Exception($"{fault}")
{
    public StoreFault Fault => fault;

    /// <summary>What is thrown in a call that fails.</summary>
    public static Exception For(StoreFault fault, StoreCall call)
    {
        var message = $"Injected into call {call.Number} of {call.Kind}: {fault}.";
        return fault.Kind is { } kind
            ? new StoreException(kind, message, new InjectedException(fault)) { Blocked = fault.Blocked }
            : new InvalidOperationException(message, new InjectedException(fault));
    }
}
