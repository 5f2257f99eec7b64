print("mse")
