namespace Hydra.Soak.Support;

/// <summary>Where the build has put the programs that the tests start, in the configuration of the tests.</summary>
internal static class Programs
{
    public static string Billing { get; } = AheadOf("Ahead", "Billing");

    public static string Cli { get; } = AheadOf("Ahead", "Hydra.Cli");

    public static string DataPipeline { get; } = AheadOf("Ahead", "DataPipeline");

    public static string Native { get; } = PathOf("samples", "Native", "Native");

    /// <summary>Its folder.</summary>
    public static string NativeSource => Path.GetFullPath(Path.Combine(Native, "..", "..", "..", ".."));

    public static string OrderProcessing { get; } = AheadOf("Ahead", "OrderProcessing");

    public static string Orders { get; } = PathOf("samples", "Orders", "Orders");

    /// <summary>Made to move money while it is hurt: see tests/Programs/Teller.</summary>
    public static string Teller { get; } = AheadOf("Teller", "Teller");

    public static string Transfers { get; } = PathOf("samples", "Transfers", "Transfers");

    public static string UserOnboarding { get; } = AheadOf("Ahead", "UserOnboarding");

    /// <summary>Made to be hurt: see tests/Programs/Victim.</summary>
    public static string Victim { get; } = AheadOf("Victim", "Victim");

    public static string Worker { get; } = AheadOf("Ahead", "Worker");

    /// <summary>A program that a project of tests/Programs compiles ahead.</summary>
    private static string AheadOf(string project, string program)
    {
        var built = PathOf("tests", Path.Combine("Programs", project), program);
        return Path.Combine(Path.GetDirectoryName(built)!, "ahead", program);
    }

    private static string PathOf(string folder, string project, string program)
    {
        // <root>/tests/Hydra.Soak/bin/<configuration>/<framework>/
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var configuration = output.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(root.FullName, folder, project, "bin", configuration.Name, output.Name, program);
    }
}
