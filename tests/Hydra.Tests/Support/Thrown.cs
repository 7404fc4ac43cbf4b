namespace Hydra.Tests.Support;

internal static class Thrown
{
    /// <summary>What a call throws itself, as opposed to what its task ends with.</summary>
    public static TException AtOnce<TException>(Func<Task> call) where TException : Exception =>
        Assert.Throws<TException>(() => { _ = call(); });
}
