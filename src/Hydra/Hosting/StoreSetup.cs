using Microsoft.Extensions.Logging;

namespace Hydra;

/// <summary>What an engine gives to the store that it opens.</summary>
/// <param name="Namespace">The namespace to bind to.</param>
/// <param name="TimeProvider">The clock of the process.</param>
/// <param name="LoggerFactory">Where logs go.</param>
public sealed record StoreSetup(string Namespace, TimeProvider TimeProvider, ILoggerFactory LoggerFactory);
