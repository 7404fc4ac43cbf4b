namespace Hydra.Testing;

/// <summary>Marks a method of a <see cref="StoreTest"/> as one case of the suite, or several with arguments.</summary>
/// <param name="arguments">What the method is given.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal class CaseAttribute(params object[] arguments) : Attribute
{
    /// <summary>The arguments of each case.</summary>
    public virtual IEnumerable<object[]> Rows => [arguments];
}
