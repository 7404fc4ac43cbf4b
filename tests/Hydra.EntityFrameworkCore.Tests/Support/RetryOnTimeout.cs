using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>A strategy for a provider that comes with none.</summary>
public sealed class RetryOnTimeout(ExecutionStrategyDependencies dependencies)
    : ExecutionStrategy(dependencies, maxRetryCount: 3, maxRetryDelay: TimeSpan.FromMilliseconds(10))
{
    protected override bool ShouldRetryOn(Exception exception) => exception is TimeoutException;
}
